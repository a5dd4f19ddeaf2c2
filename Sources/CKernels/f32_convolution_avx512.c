#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#include "f32_avx512.h"

/// Output pixels of half a tile. A tile is two halves, which may lie in different rows: 2 x 7 pixels
/// by two vectors of channels take 28 of the 32 registers as accumulators.
enum { HALF = 7 };

/// Where one half of a tile reads and writes.
typedef struct half {
  /// The input rows of its kernel, and the place of its first pixel in them.
  const float *const *rows;
  size_t place;
  float *y;
  const float *residual;
} half;

/// `halves` x `height` pixels by `vectors` x 16 channels of one panel: clipped, with the residual
/// added, or the sums alone where the activation isn't clipping. With `is_pointwise` the kernel has
/// one row of one segment.
INLINE void tile(const int halves, const int height, const int vectors, const int is_pointwise,
                 const tl_f32_convolution *a, const float *panel, size_t first,
                 const half *where) {
  __m512 sum[2][HALF][2];
  UNROLL for (int v = 0; v < vectors; v++) {
    const __m512 bias = _mm512_loadu_ps(panel + v * GROUP);
    UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++)
        sum[h][p][v] = bias;
  }
  const float *weight = panel + vectors * GROUP;
  const strides s = strides_of(a->x_pixel_stride);
  const size_t kernel_height = is_pointwise ? 1 : a->kernel_height;
  const size_t segments = is_pointwise ? 1 : a->segments;
  for (size_t ky = 0; ky < kernel_height; ky++)
    for (size_t segment = 0; segment < segments; segment++) {
      const size_t skip = is_pointwise ? 0 : segment * a->segment_stride;
      const char *x0 = (const char *)(where[0].rows[ky] + where[0].place + skip);
      const char *x1 = halves > 1 ? (const char *)(where[1].rows[ky] + where[1].place + skip) : x0;
#define STEP(k)                                                                                    \
  do {                                                                                             \
    __m512 w[2];                                                                                   \
    UNROLL for (int v = 0; v < vectors; v++) w[v] =                                                \
        _mm512_loadu_ps(weight + ((k) * vectors + v) * GROUP);                                     \
    UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++) {              \
      const __m512 x = _mm512_set1_ps(at(h == 0 ? x0 : x1, offset(s, p))[k]);                      \
      UNROLL for (int v = 0; v < vectors; v++) sum[h][p][v] =                                      \
          _mm512_fmadd_ps(x, w[v], sum[h][p][v]);                                                  \
    }                                                                                              \
  } while (0)
    size_t left = a->segment_length;
    for (; left >= 4; left -= 4) {
      STEP(0);
      STEP(1);
      STEP(2);
      STEP(3);
      weight += 4 * vectors * GROUP;
      x0 += 16;
      x1 += 16;
      __asm__("" : "+r"(x0), "+r"(x1));
    }
    for (; left > 0; left--) {
      STEP(0);
      weight += vectors * GROUP;
      x0 += 4;
      x1 += 4;
      __asm__("" : "+r"(x0), "+r"(x1));
    }
#undef STEP
    }
  // Everything else is read before the first store, after which the compiler would read it again.
  const int clips = a->activation.kind == TL_CLIP;
  const __m512 low = _mm512_set1_ps(a->activation.low), high = _mm512_set1_ps(a->activation.high);
  const strides ys = strides_of(a->y_pixel_stride), rs = strides_of(a->residual_pixel_stride);
  UNROLL for (int h = 0; h < halves; h++) {
    char *y = (char *)(where[h].y + first);
    const char *r = where[h].residual ? (const char *)(where[h].residual + first) : 0;
#define STORE(value)                                                                               \
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++)                 \
      _mm512_storeu_ps(at(y, offset(ys, p)) + v * GROUP, value)
    if (!clips)
      STORE(sum[h][p][v]);
    else if (!r)
      STORE(clip(sum[h][p][v], low, high));
    else
      STORE(_mm512_add_ps(clip(sum[h][p][v], low, high),
                          _mm512_loadu_ps(at(r, offset(rs, p)) + v * GROUP)));
#undef STORE
  }
}

/// What the tiles leave to do for other activations than clipping, on outputs that hold the sums.
static void activate_sums(const tl_f32_convolution *a, size_t height, const half *where,
                          size_t count) {
  for (size_t h = 0; h < count; h++)
    for (size_t p = 0; p < height; p++)
      for (size_t first = 0; first < a->outputs; first += GROUP) {
        float *y = where[h].y + p * a->y_pixel_stride + first;
        __m512 value = activate(_mm512_loadu_ps(y), a->activation);
        if (where[h].residual)
          value = _mm512_add_ps(
              value,
              _mm512_loadu_ps(where[h].residual + p * a->residual_pixel_stride + first));
        _mm512_storeu_ps(y, value);
      }
}

/// All tiles of one panel whose halves have the same height.
#define PANEL(vectors, height, is_pointwise)                                                       \
  static void panel_##vectors##_##height##_##is_pointwise(                                         \
      const tl_f32_convolution *a, const float *panel, size_t first, const half *where,            \
      size_t count) {                                                                              \
    size_t done = 0;                                                                               \
    for (; done + 2 <= count; done += 2)                                                           \
      tile(2, height, vectors, is_pointwise, a, panel, first, where + done);                       \
    if (done < count)                                                                              \
      tile(1, height, vectors, is_pointwise, a, panel, first, where + done);                       \
  }
#define PANELS(vectors)                                                                            \
  PANEL(vectors, 1, 0) PANEL(vectors, 7, 0) PANEL(vectors, 1, 1) PANEL(vectors, 2, 1)              \
  PANEL(vectors, 3, 1) PANEL(vectors, 4, 1) PANEL(vectors, 5, 1) PANEL(vectors, 6, 1)              \
  PANEL(vectors, 7, 1)
PANELS(1)
PANELS(2)

typedef void panel_function(const tl_f32_convolution *, const float *, size_t, const half *,
                            size_t);

#define HEIGHTS(vectors)                                                                           \
  panel_##vectors##_1_1, panel_##vectors##_2_1, panel_##vectors##_3_1, panel_##vectors##_4_1,      \
      panel_##vectors##_5_1, panel_##vectors##_6_1, panel_##vectors##_7_1

/// By vectors (1, 2) and height.
static panel_function *const pointwise_panels[2][HALF] = {{HEIGHTS(1)}, {HEIGHTS(2)}};
static panel_function *const low_panels[2] = {panel_1_1_0, panel_2_1_0};
static panel_function *const high_panels[2] = {panel_1_7_0, panel_2_7_0};

/// Runs halves of one height through all panels.
static void all_panels(const tl_f32_convolution *a, size_t height, const half *where,
                       size_t count) {
  const int is_pointwise = a->kernel_height == 1 && a->segments == 1;
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t vectors = a->outputs - first < TL_PANEL ? 1 : 2;
    panel_function *run = is_pointwise ? pointwise_panels[vectors - 1][height - 1]
                          : height == HALF ? high_panels[vectors - 1]
                                           : low_panels[vectors - 1];
    run(a, panel, first, where, count);
    panel += vectors * GROUP * (1 + taps);
  }
  if (a->activation.kind != TL_CLIP)
    activate_sums(a, height, where, count);
}

/// Cuts the output into halves of tiles, some at a time: those of a row have the same height, but
/// for the last one.
void f32_convolution_avx512(const tl_f32_convolution *a) {
  enum { HALVES_MAX = 64 };
  half list[HALVES_MAX], rest[HALVES_MAX];
  const int is_pointwise = a->kernel_height == 1 && a->segments == 1;
  const size_t parts = (a->width + HALF - 1) / HALF;
  const size_t even = (a->width + parts - 1) / parts;
  const size_t height = is_pointwise ? even : a->width < HALF ? 1 : HALF;
  // Other kernels than 1x1 have tiles of the full height and of 1 alone.
  const size_t rest_height = is_pointwise ? a->width % height : 1;
  size_t count = 0, rest_count = 0;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width;) {
      const half here = {a->x_rows + row * a->row_step, pixel * a->x_pixel_stride,
                         a->y + row * a->y_row_stride + pixel * a->y_pixel_stride,
                         a->residual ? a->residual + row * a->residual_row_stride +
                                           pixel * a->residual_pixel_stride
                                     : 0};
      if (a->width - pixel >= height) {
        list[count++] = here;
        pixel += height;
      } else {
        rest[rest_count++] = here;
        pixel += rest_height;
      }
      if (count == HALVES_MAX) {
        all_panels(a, height, list, count);
        count = 0;
      }
      if (rest_count == HALVES_MAX) {
        all_panels(a, rest_height, rest, rest_count);
        rest_count = 0;
      }
    }
  if (count)
    all_panels(a, height, list, count);
  if (rest_count)
    all_panels(a, rest_height, rest, rest_count);
}

#pragma clang attribute pop
#endif
