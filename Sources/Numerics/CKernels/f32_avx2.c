#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "f32_avx2.h"

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
