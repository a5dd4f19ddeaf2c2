#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#include "f32_avx512.h"

/// The most output pixels that share their loads: seven divide the widths 112, 56, 28, 14 and 7.
enum { PIXELS = 7 };

/// `count` neighbouring output pixels by 16 channels of a 3x3 depthwise convolution. The weights
/// stay in registers, and the pixels share their input loads, so that the multiply-adds set the
/// pace: it takes four pixels to hide a chain's latency, and more where a row ends with them.
INLINE void pixels_3x3(const int count, const int stride, const int clips,
                       const __m512 weight[10], const float *const *rows, size_t place, strides xs,
                       char *y, strides ys, tl_activation activation) {
  __m512 sum[PIXELS];
  UNROLL for (int p = 0; p < count; p++) sum[p] = weight[0];
  UNROLL for (int ky = 0; ky < 3; ky++) {
    const char *x0 = (const char *)rows[ky] + place, *x7 = x0 + xs.seven;
    // Opaque to the optimizer, for the reason that strides are.
    __asm__("" : "+r"(x0), "+r"(x7));
    UNROLL for (int kx = 0; kx < 3; kx++) UNROLL for (int p = 0; p < count; p++) {
      const int pixel = p * stride + kx;
      const float *x = pixel < 8 ? at(x0, offset(xs, pixel)) : at(x7, offset(xs, pixel - 7));
      sum[p] = _mm512_fmadd_ps(_mm512_loadu_ps(x), weight[1 + ky * 3 + kx], sum[p]);
    }
  }
  __asm__("" : "+r"(y));
  const __m512 low = _mm512_set1_ps(activation.low), high = _mm512_set1_ps(activation.high);
  UNROLL for (int p = 0; p < count; p++) _mm512_storeu_ps(
      at(y, offset(ys, p)), clips ? clip(sum[p], low, high) : activate(sum[p], activation));
}

INLINE void rows_3x3(const int stride, const int clips, const tl_f32_depthwise *a) {
  // Copied, because every store could change what `a` points at.
  const tl_activation activation = a->activation;
  const strides xs = strides_of(a->x_pixel_stride), ys = strides_of(a->y_pixel_stride);
  const size_t width = a->width, x_step = (size_t)stride * xs.one;
  for (size_t c = 0; c < a->channels; c += GROUP) {
    __m512 weight[10];
    UNROLL for (int tap = 0; tap < 10; tap++) weight[tap] =
        _mm512_loadu_ps(a->packed + c * 10 + tap * GROUP);
    for (size_t row = 0; row < a->rows; row++) {
      const float *const *rows = a->x_rows + row * (size_t)stride;
      char *y = (char *)(a->y + row * a->y_row_stride + c);
      size_t place = c * sizeof(float), left = width;
#define RUN(count)                                                                                 \
  for (; left >= count; left -= count, place += count * x_step, y += count * ys.one)               \
  pixels_3x3(count, stride, clips, weight, rows, place, xs, y, ys, activation)
      RUN(7);
      RUN(4);
      RUN(2);
      RUN(1);
#undef RUN
    }
  }
}

// Functions of their own, so that each gets all registers.
static __attribute__((noinline)) void clipped_1(const tl_f32_depthwise *a) { rows_3x3(1, 1, a); }
static __attribute__((noinline)) void clipped_2(const tl_f32_depthwise *a) { rows_3x3(2, 1, a); }
static __attribute__((noinline)) void activated_1(const tl_f32_depthwise *a) { rows_3x3(1, 0, a); }
static __attribute__((noinline)) void activated_2(const tl_f32_depthwise *a) { rows_3x3(2, 0, a); }

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
  const int is_3x3 = a->kernel_height == 3 && a->kernel_width == 3;
  const int clips = a->activation.kind == TL_CLIP;
  if (is_3x3 && a->stride == 1)
    (clips ? clipped_1 : activated_1)(a);
  else if (is_3x3 && a->stride == 2)
    (clips ? clipped_2 : activated_2)(a);
  else
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        depthwise_any(a, row, pixel);
}

#pragma clang attribute pop
#endif
