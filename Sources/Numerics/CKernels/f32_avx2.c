#if defined(__x86_64__)
#include <immintrin.h>

#include "variants.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// Floats of a vector; a channel group is two of them. Tiles of 6 pixels by 16 channels take 12 of
/// the 16 registers as accumulators.
enum { LANES = 8, TILE = 6, GROUP = TL_CHANNEL_GROUP };

// maxps and minps give their second operand where a comparison fails, as the reference's clip does.
INLINE __m256 clip(__m256 x, __m256 low, __m256 high) {
  return _mm256_min_ps(_mm256_max_ps(x, low), high);
}

INLINE __m256 activate(__m256 x, tl_activation activation) {
  if (activation.kind == TL_CLIP)
    return clip(x, _mm256_set1_ps(activation.low), _mm256_set1_ps(activation.high));
  const __m256 zero = _mm256_setzero_ps();
  if (activation.kind == TL_HARD_SWISH) {
    const __m256 shifted = _mm256_add_ps(x, _mm256_set1_ps(3.0f));
    const __m256 six = _mm256_set1_ps(6.0f);
    return _mm256_mul_ps(x, _mm256_div_ps(clip(shifted, zero, six), six));
  }
  const __m256 scaled = _mm256_mul_ps(_mm256_set1_ps(activation.low), x);
  return clip(_mm256_add_ps(scaled, _mm256_set1_ps(activation.high)), zero, _mm256_set1_ps(1.0f));
}

/// `height` pixels by 16 channels; `weight` points at the group's first column in a panel of
/// `columns`.
INLINE void tile(const int height, const tl_f32_convolution *a, const float *weight,
                 size_t columns, size_t first, size_t row, size_t pixel) {
  __m256 sum[TILE][2];
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < 2; v++) sum[p][v] =
      _mm256_loadu_ps(weight + v * LANES);
  weight += columns;
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t segment = 0; segment < a->segments; segment++) {
      const float *x = a->x_rows[row * a->row_step + ky] + pixel * a->x_pixel_stride +
                       segment * a->segment_stride;
      for (size_t k = 0; k < a->segment_length; k++, x++, weight += columns) {
        const __m256 w0 = _mm256_loadu_ps(weight), w1 = _mm256_loadu_ps(weight + LANES);
        UNROLL for (int p = 0; p < height; p++) {
          const __m256 value = _mm256_set1_ps(x[(size_t)p * a->x_pixel_stride]);
          sum[p][0] = _mm256_fmadd_ps(value, w0, sum[p][0]);
          sum[p][1] = _mm256_fmadd_ps(value, w1, sum[p][1]);
        }
      }
    }
  float *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride + first;
  const float *r = a->residual;
  if (r)
    r += row * a->residual_row_stride + pixel * a->residual_pixel_stride + first;
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < 2; v++) {
    __m256 value = activate(sum[p][v], a->activation);
    if (r)
      value = _mm256_add_ps(
          value, _mm256_loadu_ps(r + (size_t)p * a->residual_pixel_stride + v * LANES));
    _mm256_storeu_ps(y + (size_t)p * a->y_pixel_stride + v * LANES, value);
  }
}

void f32_convolution_avx2(const tl_f32_convolution *a) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t columns = a->outputs - first < TL_PANEL ? a->outputs - first : TL_PANEL;
    for (size_t group = 0; group < columns; group += GROUP)
      for (size_t row = 0; row < a->rows; row++)
        for (size_t pixel = 0; pixel < a->width;) {
          const size_t left = a->width - pixel;
          const float *weight = panel + group;
          switch (left < TILE ? left : TILE) {
          case 6:
            tile(6, a, weight, columns, first + group, row, pixel);
            pixel += 6;
            break;
          case 5:
          case 4:
            tile(4, a, weight, columns, first + group, row, pixel);
            pixel += 4;
            break;
          case 3:
          case 2:
            tile(2, a, weight, columns, first + group, row, pixel);
            pixel += 2;
            break;
          default:
            tile(1, a, weight, columns, first + group, row, pixel);
            pixel += 1;
          }
        }
    panel += columns * (1 + taps);
  }
}

/// `count` neighbouring output pixels, all channels.
INLINE void depthwise(const int count, const int height, const int width,
                      const tl_f32_depthwise *a, size_t row, size_t pixel) {
  const size_t group_size = GROUP * (1 + (size_t)height * (size_t)width);
  for (size_t c = 0; c < a->channels; c += LANES) {
    const float *group = a->packed + c / GROUP * group_size + c % GROUP;
    __m256 sum[4];
    UNROLL for (int p = 0; p < count; p++) sum[p] = _mm256_loadu_ps(group);
    for (int ky = 0; ky < height; ky++) {
      const float *x =
          a->x_rows[row * a->stride + ky] + pixel * a->stride * a->x_pixel_stride + c;
      for (int kx = 0; kx < width; kx++, x += a->x_pixel_stride) {
        group += GROUP;
        const __m256 w = _mm256_loadu_ps(group);
        UNROLL for (int p = 0; p < count; p++) sum[p] = _mm256_fmadd_ps(
            _mm256_loadu_ps(x + (size_t)p * a->stride * a->x_pixel_stride), w, sum[p]);
      }
    }
    UNROLL for (int p = 0; p < count; p++) _mm256_storeu_ps(
        a->y + row * a->y_row_stride + (pixel + (size_t)p) * a->y_pixel_stride + c,
        activate(sum[p], a->activation));
  }
}

void f32_depthwise_avx2(const tl_f32_depthwise *a) {
  for (size_t row = 0; row < a->rows; row++) {
    size_t pixel = 0;
    if (a->kernel_height == 3 && a->kernel_width == 3)
      for (; pixel + 4 <= a->width; pixel += 4)
        depthwise(4, 3, 3, a, row, pixel);
    for (; pixel < a->width; pixel++)
      depthwise(1, (int)a->kernel_height, (int)a->kernel_width, a, row, pixel);
  }
}

void f32_average_pool_avx2(const tl_f32_average_pool *a) {
  const __m256 count = _mm256_set1_ps((float)(a->rows * a->width));
  for (size_t c = 0; c < a->channels; c += LANES) {
    __m256 sum = _mm256_setzero_ps();
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        sum = _mm256_add_ps(
            sum, _mm256_loadu_ps(a->x + row * a->x_row_stride + pixel * a->x_pixel_stride + c));
    _mm256_storeu_ps(a->y + c, _mm256_div_ps(sum, count));
  }
}

INLINE void binary(const int multiplies, const tl_f32_binary *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      const float *left = a->a + row * a->a_row_stride + pixel * a->a_pixel_stride;
      const float *right = a->b + row * a->b_row_stride + pixel * a->b_pixel_stride;
      float *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      for (size_t c = 0; c < a->channels; c += LANES) {
        const __m256 l = _mm256_loadu_ps(left + c), r = _mm256_loadu_ps(right + c);
        const __m256 value = multiplies ? _mm256_mul_ps(l, r) : _mm256_add_ps(l, r);
        _mm256_storeu_ps(y + c, activate(value, a->activation));
      }
    }
}

void f32_add_avx2(const tl_f32_binary *a) { binary(0, a); }
void f32_multiply_avx2(const tl_f32_binary *a) { binary(1, a); }

#pragma clang attribute pop
#endif
