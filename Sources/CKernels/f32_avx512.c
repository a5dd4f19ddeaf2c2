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

/// Where one half of a tile begins.
typedef struct half {
  size_t row, pixel;
} half;

/// `halves` x `height` pixels by `vectors` x 16 channels of one panel.
INLINE void tile(const int halves, const int height, const int vectors,
                 const tl_f32_convolution *a, const float *panel, size_t first, const half *where) {
  __m512 sum[2][HALF][2];
  UNROLL for (int v = 0; v < vectors; v++) {
    const __m512 bias = _mm512_loadu_ps(panel + v * GROUP);
    UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++)
        sum[h][p][v] = bias;
  }
  const float *weight = panel + vectors * GROUP;
  const strides s = strides_of(a->x_pixel_stride);
  const size_t start0 = where[0].row * a->x_row_stride + where[0].pixel * a->x_pixel_stride;
  const size_t start1 =
      halves > 1 ? where[1].row * a->x_row_stride + where[1].pixel * a->x_pixel_stride : 0;
  for (size_t segment = 0; segment < a->segment_count; segment++) {
    const char *x0 = (const char *)(a->segments[segment] + start0);
    const char *x1 = (const char *)(a->segments[segment] + start1);
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
    float *y = a->y + where[h].row * a->y_row_stride + where[h].pixel * a->y_pixel_stride + first;
    const float *r = a->residual;
    if (r)
      r += where[h].row * a->residual_row_stride + where[h].pixel * a->residual_pixel_stride + first;
    UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < vectors; v++) {
      __m512 value = activate(sum[h][p][v], a->activation);
      if (r)
        value = _mm512_add_ps(
            value, _mm512_loadu_ps(r + (size_t)p * a->residual_pixel_stride + v * GROUP));
      _mm512_storeu_ps(y + (size_t)p * a->y_pixel_stride + v * GROUP, value);
    }
  }
}

#define CASE(h)                                                                                    \
  case h:                                                                                          \
    if (halves == 2)                                                                               \
      tile(2, h, vectors, a, panel, first, where);                                                 \
    else                                                                                           \
      tile(1, h, vectors, a, panel, first, where);                                                 \
    break;

INLINE void dispatch(const int vectors, int halves, size_t height, const tl_f32_convolution *a,
                     const float *panel, size_t first, const half *where) {
  switch (height) {
    CASE(1)
    CASE(2)
    CASE(3)
    CASE(4)
    CASE(5)
    CASE(6)
    CASE(7)
  }
}
#undef CASE

static void dispatch1(int halves, size_t height, const tl_f32_convolution *a, const float *panel,
                      size_t first, const half *where) {
  dispatch(1, halves, height, a, panel, first, where);
}

static void dispatch2(int halves, size_t height, const tl_f32_convolution *a, const float *panel,
                      size_t first, const half *where) {
  dispatch(2, halves, height, a, panel, first, where);
}

void f32_convolution_avx512(const tl_f32_convolution *a) {
  const size_t taps = a->segment_count * a->segment_length;
  const size_t parts = (a->width + HALF - 1) / HALF;
  const size_t height = parts ? (a->width + parts - 1) / parts : 0;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t columns = a->outputs - first < TL_PANEL ? a->outputs - first : TL_PANEL;
    half pending[2];
    int count = 0;
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel += height) {
        const half here = {row, pixel};
        const size_t left = a->width - pixel;
        if (left < height) {
          (columns == TL_PANEL ? dispatch2 : dispatch1)(1, left, a, panel, first, &here);
          continue;
        }
        pending[count++] = here;
        if (count < 2)
          continue;
        (columns == TL_PANEL ? dispatch2 : dispatch1)(2, height, a, panel, first, pending);
        count = 0;
      }
    if (count)
      (columns == TL_PANEL ? dispatch2 : dispatch1)(1, height, a, panel, first, pending);
    panel += columns * (1 + taps);
  }
}

/// `count` neighbouring output pixels of a 3x3 depthwise convolution, all channels: the input loads
/// are shared between the pixels, so that the multiply-adds and not the loads set the pace.
INLINE void depthwise_3x3(const int count, const int stride, const tl_f32_depthwise *a,
                          size_t pixel) {
  const size_t start = pixel * a->stride * a->x_pixel_stride;
  const char *row[3] = {(const char *)(a->rows[0] + start), (const char *)(a->rows[1] + start),
                        (const char *)(a->rows[2] + start)};
  const strides s = strides_of(a->x_pixel_stride);
  const float *group = a->packed;
  float *y = a->y + pixel * a->y_pixel_stride;
  for (size_t c = 0; c < a->channels; c += GROUP) {
    __m512 sum[4];
    UNROLL for (int p = 0; p < count; p++) sum[p] = _mm512_loadu_ps(group);
    UNROLL for (int ky = 0; ky < 3; ky++) UNROLL for (int kx = 0; kx < 3; kx++) {
      const __m512 w = _mm512_loadu_ps(group + GROUP * (1 + ky * 3 + kx));
      UNROLL for (int p = 0; p < count; p++) sum[p] = _mm512_fmadd_ps(
          _mm512_loadu_ps(at(row[ky], offset(s, p * stride + kx))), w, sum[p]);
    }
    UNROLL for (int p = 0; p < count; p++)
        _mm512_storeu_ps(y + (size_t)p * a->y_pixel_stride + c, activate(sum[p], a->activation));
    group += GROUP * 10;
    UNROLL for (int ky = 0; ky < 3; ky++) row[ky] += GROUP * 4;
    __asm__("" : "+r"(row[0]), "+r"(row[1]), "+r"(row[2]));
  }
}

/// One output pixel of a depthwise convolution of any size.
static void depthwise_any(const tl_f32_depthwise *a, size_t pixel) {
  const size_t taps = a->kernel_height * a->kernel_width;
  for (size_t c = 0; c < a->channels; c += GROUP) {
    const float *group = a->packed + c * (1 + taps);
    __m512 sum = _mm512_loadu_ps(group);
    for (size_t ky = 0; ky < a->kernel_height; ky++) {
      const float *x = a->rows[ky] + pixel * a->stride * a->x_pixel_stride + c;
      for (size_t kx = 0; kx < a->kernel_width; kx++, x += a->x_pixel_stride) {
        group += GROUP;
        sum = _mm512_fmadd_ps(_mm512_loadu_ps(x), _mm512_loadu_ps(group), sum);
      }
    }
    _mm512_storeu_ps(a->y + pixel * a->y_pixel_stride + c, activate(sum, a->activation));
  }
}

void f32_depthwise_avx512(const tl_f32_depthwise *a) {
  size_t pixel = 0;
  if (a->kernel_height == 3 && a->kernel_width == 3) {
    if (a->stride == 1) {
      for (; pixel + 4 <= a->width; pixel += 4)
        depthwise_3x3(4, 1, a, pixel);
      if (pixel + 2 <= a->width) {
        depthwise_3x3(2, 1, a, pixel);
        pixel += 2;
      }
    } else if (a->stride == 2) {
      for (; pixel + 4 <= a->width; pixel += 4)
        depthwise_3x3(4, 2, a, pixel);
      if (pixel + 2 <= a->width) {
        depthwise_3x3(2, 2, a, pixel);
        pixel += 2;
      }
    }
  }
  for (; pixel < a->width; pixel++)
    depthwise_any(a, pixel);
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
