#if defined(__aarch64__)
#include "f32_neon.h"

/// Output pixels of a tile: 5 pixels by a channel group are 20 sums. With a register of four inputs
/// for each pixel and a group's weights that takes 29 of the 32 registers, and 16 multiply-adds by
/// 4 loads of weights.
enum { TILE = 5, PANEL_VECTORS = TL_PANEL / LANES };

/// Where an output pixel is read and written. A tile's pixels may lie anywhere: there are registers
/// enough for the address of each.
typedef struct pixel {
  /// The input rows of its kernel, and its place in them.
  const float *const *rows;
  size_t place;
  float *y;
  const float *residual;
} pixel;

/// Activates and writes `height` pixels by `vectors` x 4 channels from `first` on.
INLINE void write_sums(const int height, const int vectors, const tl_activation_kind kind,
                       const tl_f32_convolution *a, float32x4_t sum[TILE][PANEL_VECTORS],
                       size_t first, const pixel *where) {
  const bounds b = bounds_of(a->activation);
  UNROLL for (int p = 0; p < height; p++) {
    float *y = where[p].y + first;
    const float *r = where[p].residual;
    UNROLL for (int v = 0; v < vectors; v++) {
      float32x4_t value = activate(kind, sum[p][v], b);
      if (r)
        value = vaddq_f32(value, vld1q_f32(r + first + v * LANES));
      vst1q_f32(y + v * LANES, value);
    }
  }
}

/// `height` pixels by `vectors` x 4 channels; `weight` points at the first of them in a panel of
/// `columns`.
INLINE void tile(const int height, const int vectors, const int columns,
                 const tl_f32_convolution *a, const float *weight, size_t first,
                 const pixel *where) {
  float32x4_t sum[TILE][PANEL_VECTORS];
  UNROLL for (int v = 0; v < vectors; v++) {
    const float32x4_t bias = vld1q_f32(weight + v * LANES);
    UNROLL for (int p = 0; p < height; p++) sum[p][v] = bias;
  }
  weight += columns;
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t segment = 0; segment < a->segments; segment++) {
      const float *x[TILE];
      UNROLL for (int p = 0; p < height; p++) x[p] =
          where[p].rows[ky] + where[p].place + segment * a->segment_stride;
      float32x4_t value[TILE];
#define STEP(k)                                                                                    \
  UNROLL for (int v = 0; v < vectors; v++) {                                                       \
    const float32x4_t w = vld1q_f32(weight + (k) * columns + v * LANES);                           \
    UNROLL for (int p = 0; p < height; p++) sum[p][v] =                                            \
        vfmaq_laneq_f32(sum[p][v], w, value[p], k);                                                \
  }
      size_t left = a->segment_length;
      for (; left >= 4; left -= 4) {
        UNROLL for (int p = 0; p < height; p++) {
          value[p] = vld1q_f32(x[p]);
          x[p] += 4;
        }
        STEP(0)
        STEP(1)
        STEP(2)
        STEP(3)
        weight += 4 * columns;
      }
      for (; left > 0; left--) {
        UNROLL for (int p = 0; p < height; p++) value[p] = vld1q_dup_f32(x[p]++);
        STEP(0)
        weight += columns;
      }
#undef STEP
    }
  WITH_KIND(a->activation, write_sums(height, vectors, kind, a, sum, first, where));
}

/// A tile of all the `columns` of a panel. Few pixels take them at once, for enough sums that don't
/// wait for each other; else a group at a time.
#define PANEL(columns, height)                                                                     \
  static void panel_##columns##_##height(const tl_f32_convolution *a, const float *panel,          \
                                         size_t first, const pixel *where) {                       \
    if (height <= 2)                                                                               \
      tile(height, columns / LANES, columns, a, panel, first, where);                              \
    else                                                                                           \
      for (size_t group = 0; group < columns; group += GROUP)                                      \
        tile(height, GROUP / LANES, columns, a, panel + group, first + group, where);              \
  }
#define PANELS(columns)                                                                            \
  PANEL(columns, 1) PANEL(columns, 2) PANEL(columns, 3) PANEL(columns, 4) PANEL(columns, 5)
PANELS(16)
PANELS(32)

typedef void panel_function(const tl_f32_convolution *, const float *, size_t, const pixel *);
#define HEIGHTS(columns)                                                                           \
  { panel_##columns##_1, panel_##columns##_2, panel_##columns##_3, panel_##columns##_4,            \
    panel_##columns##_5 }
static panel_function *const panels[2][TILE] = {HEIGHTS(16), HEIGHTS(32)};

/// Runs pixels through all panels, in tiles of about the same height.
static void all_panels(const tl_f32_convolution *a, const pixel *where, size_t count) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t columns = a->outputs - first < TL_PANEL ? GROUP : TL_PANEL;
    size_t done = 0;
    for (size_t parts = (count + TILE - 1) / TILE; parts > 0; parts--) {
      const size_t height = (count - done + parts - 1) / parts;
      panels[columns / GROUP - 1][height - 1](a, panel, first, where + done);
      done += height;
    }
    panel += columns * (1 + taps);
  }
}

void f32_convolution_neon(const tl_f32_convolution *a) {
  // So many that a panel's way from the L2 cache is paid for, so few that their inputs stay near.
  enum { PIXELS_MAX = 20 * TILE };
  pixel list[PIXELS_MAX];
  size_t count = 0;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t p = 0; p < a->width; p++) {
      list[count++] = (pixel){
          a->x_rows + row * a->row_step, p * a->x_pixel_stride,
          a->y + row * a->y_row_stride + p * a->y_pixel_stride,
          a->residual ? a->residual + row * a->residual_row_stride + p * a->residual_pixel_stride
                      : 0};
      if (count == PIXELS_MAX) {
        all_panels(a, list, count);
        count = 0;
      }
    }
  if (count)
    all_panels(a, list, count);
}

/// `vectors` x 4 channels from `c` on.
INLINE void average_pool(const int vectors, const tl_f32_average_pool *a, size_t c) {
  float32x4_t sum[16];
  UNROLL for (int v = 0; v < vectors; v++) sum[v] = vdupq_n_f32(0.0f);
  for (size_t row = 0; row < a->rows; row++) {
    const float *x = a->x + row * a->x_row_stride + c;
    for (size_t p = 0; p < a->width; p++, x += a->x_pixel_stride)
      UNROLL for (int v = 0; v < vectors; v++) sum[v] =
          vaddq_f32(sum[v], vld1q_f32(x + v * LANES));
  }
  const float32x4_t count = vdupq_n_f32((float)(a->rows * a->width));
  UNROLL for (int v = 0; v < vectors; v++) vst1q_f32(a->y + c + v * LANES,
                                                     vdivq_f32(sum[v], count));
}

void f32_average_pool_neon(const tl_f32_average_pool *a) {
  size_t c = 0;
  for (; c + 64 <= a->channels; c += 64)
    average_pool(16, a, c);
  for (; c < a->channels; c += GROUP)
    average_pool(4, a, c);
}

INLINE void binary(const int multiplies, const tl_activation_kind kind, const tl_f32_binary *a) {
  const bounds b = bounds_of(a->activation);
  for (size_t row = 0; row < a->rows; row++)
    for (size_t p = 0; p < a->width; p++) {
      const float *left = a->a + row * a->a_row_stride + p * a->a_pixel_stride;
      const float *right = a->b + row * a->b_row_stride + p * a->b_pixel_stride;
      float *y = a->y + row * a->y_row_stride + p * a->y_pixel_stride;
      for (size_t c = 0; c < a->channels; c += GROUP)
        UNROLL for (size_t v = c; v < c + GROUP; v += LANES) {
          const float32x4_t l = vld1q_f32(left + v), r = vld1q_f32(right + v);
          const float32x4_t value = multiplies ? vmulq_f32(l, r) : vaddq_f32(l, r);
          vst1q_f32(y + v, activate(kind, value, b));
        }
    }
}

void f32_add_neon(const tl_f32_binary *a) { WITH_KIND(a->activation, binary(0, kind, a)); }
void f32_multiply_neon(const tl_f32_binary *a) { WITH_KIND(a->activation, binary(1, kind, a)); }

#endif
