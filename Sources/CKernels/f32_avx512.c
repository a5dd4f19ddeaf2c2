#if defined(__x86_64__)
#include <immintrin.h>

#include "CKernels.h"

#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// Output pixels of half a tile. A tile is two halves, which may lie in different rows: 2 x 7 pixels
/// by two vectors of channels take 28 of the 32 registers as accumulators.
enum { HALF = 7, GROUP = TL_CHANNEL_GROUP };

// maxps and minps give their second operand where a comparison fails, as the reference's clip does.
INLINE __m512 clip(__m512 x, __m512 low, __m512 high) {
  return _mm512_min_ps(_mm512_max_ps(x, low), high);
}

INLINE __m512 activate(__m512 x, tl_activation activation) {
  if (activation.kind == TL_CLIP)
    return clip(x, _mm512_set1_ps(activation.low), _mm512_set1_ps(activation.high));
  const __m512 zero = _mm512_setzero_ps();
  if (activation.kind == TL_HARD_SWISH) {
    const __m512 shifted = _mm512_add_ps(x, _mm512_set1_ps(3.0f));
    const __m512 six = _mm512_set1_ps(6.0f);
    return _mm512_mul_ps(x, _mm512_div_ps(clip(shifted, zero, six), six));
  }
  const __m512 scaled = _mm512_mul_ps(_mm512_set1_ps(activation.low), x);
  return clip(_mm512_add_ps(scaled, _mm512_set1_ps(activation.high)), zero, _mm512_set1_ps(1.0f));
}

/// Byte offset of a pixel from its base, of the three multiples of the stride that x86 addressing
/// can scale: pixels 0 to 8 cost no register more.
typedef struct strides {
  size_t one, three, five, seven;
} strides;

INLINE strides strides_of(size_t floats) {
  strides s = {floats * 4, floats * 12, floats * 20, floats * 28};
  // Opaque to the optimizer, which would otherwise keep a pointer for each pixel and spill them.
  __asm__("" : "+r"(s.one), "+r"(s.three), "+r"(s.five), "+r"(s.seven));
  return s;
}

INLINE size_t offset(strides s, int pixel) {
  switch (pixel) {
  case 0:
    return 0;
  case 1:
    return s.one;
  case 2:
    return s.one * 2;
  case 3:
    return s.three;
  case 4:
    return s.one * 4;
  case 5:
    return s.five;
  case 6:
    return s.three * 2;
  case 7:
    return s.seven;
  default:
    return s.one * 8;
  }
}

INLINE const float *at(const char *base, size_t bytes) { return (const float *)(base + bytes); }

/// Where one half of a tile reads and writes.
typedef struct half {
  /// The input rows of its kernel, and the place of its first pixel in them.
  const float *const *rows;
  size_t place;
  float *y;
  const float *residual;
} half;

/// `halves` x `height` pixels by `vectors` x 16 channels of one panel. With `is_pointwise` the kernel
/// has one row of one segment.
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
  UNROLL for (int h = 0; h < halves; h++) {
    float *y = where[h].y + first;
    const float *r = where[h].residual ? where[h].residual + first : 0;
    UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++) {
      __m512 value = activate(sum[h][p][v], a->activation);
      if (r)
        value = _mm512_add_ps(
            value, _mm512_loadu_ps(r + (size_t)p * a->residual_pixel_stride + v * GROUP));
      _mm512_storeu_ps(y + (size_t)p * a->y_pixel_stride + v * GROUP, value);
    }
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

/// One row of 16 channels of a 3x3 depthwise convolution. The weights stay in registers, and four
/// neighbouring pixels share their input loads, so that the multiply-adds set the pace.
INLINE void depthwise_3x3(const int count, const int stride, const tl_f32_depthwise *a,
                          const __m512 weight[10], const float *const *rows, size_t pixel, size_t c,
                          float *y) {
  const size_t start = pixel * (size_t)stride * a->x_pixel_stride + c;
  const strides s = strides_of(a->x_pixel_stride);
  __m512 sum[4];
  UNROLL for (int p = 0; p < count; p++) sum[p] = weight[0];
  UNROLL for (int ky = 0; ky < 3; ky++) {
    const char *x = (const char *)(rows[ky] + start);
    UNROLL for (int kx = 0; kx < 3; kx++) UNROLL for (int p = 0; p < count; p++) sum[p] =
        _mm512_fmadd_ps(_mm512_loadu_ps(at(x, offset(s, p * stride + kx))), weight[1 + ky * 3 + kx],
                        sum[p]);
  }
  UNROLL for (int p = 0; p < count; p++) _mm512_storeu_ps(
      y + (pixel + (size_t)p) * a->y_pixel_stride + c, activate(sum[p], a->activation));
}

INLINE void depthwise_rows_3x3(const int stride, const tl_f32_depthwise *a) {
  for (size_t c = 0; c < a->channels; c += GROUP) {
    __m512 weight[10];
    UNROLL for (int tap = 0; tap < 10; tap++) weight[tap] =
        _mm512_loadu_ps(a->packed + c * 10 + tap * GROUP);
    for (size_t row = 0; row < a->rows; row++) {
      const float *const *rows = a->x_rows + row * (size_t)stride;
      float *y = a->y + row * a->y_row_stride;
      size_t pixel = 0;
      for (; pixel + 4 <= a->width; pixel += 4)
        depthwise_3x3(4, stride, a, weight, rows, pixel, c, y);
      for (; pixel < a->width; pixel++)
        depthwise_3x3(1, stride, a, weight, rows, pixel, c, y);
    }
  }
}

/// One output pixel of a depthwise convolution of any size.
static void depthwise_any(const tl_f32_depthwise *a, size_t row, size_t pixel) {
  const size_t taps = a->kernel_height * a->kernel_width;
  for (size_t c = 0; c < a->channels; c += GROUP) {
    const float *group = a->packed + c * (1 + taps);
    __m512 sum = _mm512_loadu_ps(group);
    for (size_t ky = 0; ky < a->kernel_height; ky++) {
      const float *x =
          a->x_rows[row * a->stride + ky] + pixel * a->stride * a->x_pixel_stride + c;
      for (size_t kx = 0; kx < a->kernel_width; kx++, x += a->x_pixel_stride) {
        group += GROUP;
        sum = _mm512_fmadd_ps(_mm512_loadu_ps(x), _mm512_loadu_ps(group), sum);
      }
    }
    _mm512_storeu_ps(a->y + row * a->y_row_stride + pixel * a->y_pixel_stride + c,
                     activate(sum, a->activation));
  }
}

void f32_depthwise_avx512(const tl_f32_depthwise *a) {
  if (a->kernel_height == 3 && a->kernel_width == 3 && a->stride == 1)
    depthwise_rows_3x3(1, a);
  else if (a->kernel_height == 3 && a->kernel_width == 3 && a->stride == 2)
    depthwise_rows_3x3(2, a);
  else
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        depthwise_any(a, row, pixel);
}

void f32_average_pool_avx512(const tl_f32_average_pool *a) {
  const __m512 count = _mm512_set1_ps((float)(a->rows * a->width));
  for (size_t c = 0; c < a->channels; c += GROUP) {
    __m512 sum = _mm512_setzero_ps();
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        sum = _mm512_add_ps(
            sum, _mm512_loadu_ps(a->x + row * a->x_row_stride + pixel * a->x_pixel_stride + c));
    _mm512_storeu_ps(a->y + c, _mm512_div_ps(sum, count));
  }
}

INLINE void binary(const int multiplies, const tl_f32_binary *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      const float *left = a->a + row * a->a_row_stride + pixel * a->a_pixel_stride;
      const float *right = a->b + row * a->b_row_stride + pixel * a->b_pixel_stride;
      float *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      for (size_t c = 0; c < a->channels; c += GROUP) {
        const __m512 l = _mm512_loadu_ps(left + c), r = _mm512_loadu_ps(right + c);
        const __m512 value = multiplies ? _mm512_mul_ps(l, r) : _mm512_add_ps(l, r);
        _mm512_storeu_ps(y + c, activate(value, a->activation));
      }
    }
}

void f32_add_avx512(const tl_f32_binary *a) { binary(0, a); }
void f32_multiply_avx512(const tl_f32_binary *a) { binary(1, a); }

#pragma clang attribute pop
#endif
