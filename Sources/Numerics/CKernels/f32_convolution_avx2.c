#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "f32_avx2.h"

/// Tiles of 6 pixels by 16 channels take 12 of the 16 registers as accumulators. Pixels run through
/// the rows, so that rows of 7 or 14 fill tiles; all channels of a block are done before the next.
enum { TILE = 6, BLOCK_MAX = 96 };

/// Prefetches go to the second level of caches: the first is full of a group's weights in large layers.
enum { LEVEL_2 = 2 };

/// Where a pixel is read and written.
typedef struct pixel {
  const float *const *rows;
  const float *x;
  float *y;
  const float *residual;
} pixel;

/// sum += x * weight over one segment of `height` pixels.
INLINE const float *add_segment(const int height, const int vectors, const float *const x[TILE],
                                size_t length, const float *weight, size_t columns,
                                __m256 sum[TILE][2]) {
  for (size_t k = 0; k < length; k++, weight += columns) {
    __m256 w[2];
    UNROLL for (int v = 0; v < vectors; v++) w[v] = _mm256_loadu_ps(weight + v * LANES);
    UNROLL for (int p = 0; p < height; p++) {
      const __m256 value = _mm256_broadcast_ss(x[p] + k);
      UNROLL for (int v = 0; v < vectors; v++) sum[p][v] = _mm256_fmadd_ps(value, w[v], sum[p][v]);
    }
  }
  return weight;
}

/// The same for pixels at one distance from each other: two bases and the distance stay in registers,
/// where six addresses wouldn't. A line of `later` is fetched for every four elements.
INLINE void add_products(const int height, const int vectors, const float *x, size_t distance,
                         size_t length, const float *weight, size_t columns, const float *later,
                         __m256 sum[TILE][2]) {
  const float *third = x + 3 * distance;
#define STEP(k)                                                                                    \
  do {                                                                                             \
    __m256 w[2];                                                                                   \
    UNROLL for (int v = 0; v < vectors; v++) w[v] = _mm256_loadu_ps(weight + v * LANES);           \
    UNROLL for (int p = 0; p < height; p++) {                                                      \
      const float *from = p < 3 ? x + (size_t)p * distance : third + (size_t)(p - 3) * distance;   \
      const __m256 value = _mm256_broadcast_ss(from + (k));                                        \
      UNROLL for (int v = 0; v < vectors; v++) sum[p][v] =                                         \
          _mm256_fmadd_ps(value, w[v], sum[p][v]);                                                 \
    }                                                                                              \
    weight += columns;                                                                             \
  } while (0)
  for (; length >= 4; length -= 4) {
    __builtin_prefetch(later, 0, LEVEL_2);
    later += columns;
    STEP(0);
    STEP(1);
    STEP(2);
    STEP(3);
    x += 4;
    third += 4;
    __asm__("" : "+r"(x), "+r"(third));
  }
  for (; length > 0; length--) {
    STEP(0);
    x++;
    third++;
  }
#undef STEP
}

/// `height` pixels by `vectors` x 8 channels; `weight` points at the group's first column in a panel
/// of `columns`.
INLINE void tile(const int height, const int vectors, const tl_f32_convolution *a,
                 const float *weight, const float *later, size_t columns, size_t first,
                 size_t distance, const pixel *pixels) {
  const tl_activation activation = a->activation;
  __m256 sum[TILE][2];
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++) sum[p][v] =
      _mm256_loadu_ps(weight + v * LANES);
  weight += columns;
  if (distance > 0) {
    add_products(height, vectors, pixels->x, distance, a->segment_length, weight, columns, later,
                 sum);
  } else {
    const float *x[TILE];
    UNROLL for (int p = 0; p < height; p++) x[p] = pixels[p].x;
    for (size_t ky = 0; ky < a->kernel_height; ky++)
      for (size_t segment = 0; segment < a->segments; segment++) {
        const float *from[TILE];
        UNROLL for (int p = 0; p < height; p++) from[p] =
            pixels[p].rows[ky] + (x[p] - pixels[p].rows[0]) + segment * a->segment_stride;
        weight = add_segment(height, vectors, from, a->segment_length, weight, columns, sum);
      }
  }
  // Read before the first store, after which the compiler would read them again and again.
  float *y[TILE];
  UNROLL for (int p = 0; p < height; p++) y[p] = pixels[p].y + first;
  if (activation.kind == TL_CLIP) {
    const __m256 low = _mm256_set1_ps(activation.low), high = _mm256_set1_ps(activation.high);
    UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++) sum[p][v] =
        clip(sum[p][v], low, high);
  } else {
    UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++) sum[p][v] =
        activate(sum[p][v], activation);
  }
  if (a->residual)
    UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++) sum[p][v] =
        _mm256_add_ps(sum[p][v], _mm256_loadu_ps(pixels[p].residual + first + v * LANES));
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++)
      _mm256_storeu_ps(y[p] + v * LANES, sum[p][v]);
}

/// All pixels of a block: two tiles of 4 or 3 at its end rather than one of 1 or 2. Each tile fetches a
/// quarter of the weights that come `later`, so that a block of four tiles has them all at hand.
INLINE void tiles(const int vectors, const tl_f32_convolution *a, const float *weight,
                  const float *later, size_t columns, size_t first, size_t distance,
                  const pixel *pixels, size_t count) {
  const size_t quarter = (1 + a->segment_length) / 4 * columns;
  for (; count > 8 || count == 6; count -= 6, pixels += 6, later += quarter)
    tile(6, vectors, a, weight, later, columns, first, distance, pixels);
  if (count == 8 || count == 7 || count == 4) {
    tile(4, vectors, a, weight, later, columns, first, distance, pixels);
    count -= 4, pixels += 4;
  }
  switch (count) {
  case 5: tile(5, vectors, a, weight, later, columns, first, distance, pixels); break;
  case 4: tile(4, vectors, a, weight, later, columns, first, distance, pixels); break;
  case 3: tile(3, vectors, a, weight, later, columns, first, distance, pixels); break;
  case 2: tile(2, vectors, a, weight, later, columns, first, distance, pixels); break;
  case 1: tile(1, vectors, a, weight, later, columns, first, distance, pixels); break;
  }
}

static void convolve(const tl_f32_convolution *a, size_t distance, const pixel *pixels,
                     size_t count) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t columns = a->outputs - first < TL_PANEL ? a->outputs - first : TL_PANEL;
    // Half a group where only that half holds channels.
    for (size_t group = 0; group < columns; group += GROUP) {
      const float *weight = panel + group;
      const float *later = group + GROUP < columns ? weight + GROUP : panel + columns * (1 + taps);
      if (first + group + LANES < a->channels)
        tiles(2, a, weight, later, columns, first + group, distance, pixels, count);
      else
        tiles(1, a, weight, later, columns, first + group, distance, pixels, count);
    }
    panel += columns * (1 + taps);
  }
}

/// The distance of neighbouring pixels of a 1x1 convolution where it is the same throughout, or 0.
static size_t distance_of(const tl_f32_convolution *a) {
  if (a->kernel_height != 1 || a->segments != 1)
    return 0;
  for (size_t row = 1; row < a->rows; row++)
    if (a->x_rows[row * a->row_step] - a->x_rows[(row - 1) * a->row_step] !=
        (ptrdiff_t)(a->width * a->x_pixel_stride))
      return 0;
  return a->x_pixel_stride;
}

void f32_convolution_avx2(const tl_f32_convolution *a) {
  const size_t distance = distance_of(a);
  pixel block[BLOCK_MAX];
  const size_t pixels = a->rows * a->width;
  // Blocks of about the same size, in whole tiles.
  const size_t blocks = (pixels + BLOCK_MAX - 1) / BLOCK_MAX;
  const size_t size = (pixels + TILE * blocks - 1) / (TILE * blocks) * TILE;
  size_t count = 0;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t p = 0; p < a->width; p++) {
      const float *const *rows = a->x_rows + row * a->row_step;
      block[count++] = (pixel){
          rows, rows[0] + p * a->x_pixel_stride,
          a->y + row * a->y_row_stride + p * a->y_pixel_stride,
          a->residual ? a->residual + row * a->residual_row_stride + p * a->residual_pixel_stride
                      : 0};
      if (count == size || (row + 1 == a->rows && p + 1 == a->width)) {
        convolve(a, distance, block, count);
        count = 0;
      }
    }
}

#pragma clang attribute pop
#endif
