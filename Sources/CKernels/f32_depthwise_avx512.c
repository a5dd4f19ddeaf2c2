#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#include "f32_avx512.h"

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

#pragma clang attribute pop
#endif
