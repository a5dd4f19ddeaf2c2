#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#include "f32_avx512.h"

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
