#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "u8s8_avx2.h"

void u8_average_pool_avx2(const tl_u8_average_pool *a) {
  const __m256i offset = _mm256_set1_epi32(a->offset);
  for (size_t c = 0; c < a->channels; c += 8) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        sum = _mm256_add_epi32(
            sum, _mm256_cvtepu8_epi32(_mm_loadl_epi64(
                     (const __m128i *)(a->x + row * a->x_row_stride + pixel * a->x_pixel_stride +
                                       c))));
    _mm256_storeu_ps(a->y + c, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(sum, offset)),
                                             _mm256_set1_ps(a->scale)));
  }
}

void u8_widen_pixels_avx2(const uint8_t *rgb, size_t pixels, uint8_t *y) {
  // Four pixels to a lane, then apart.
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0);
  const __m256i apart = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
  size_t pixel = 0;
  // A load reads the pixels of 32 bytes: 8 and most of 3 more.
  for (; pixel + 11 <= pixels; pixel += 8) {
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(rgb + 3 * pixel));
    _mm256_storeu_si256((__m256i *)(y + 4 * pixel),
                        _mm256_shuffle_epi8(_mm256_permutevar8x32_epi32(bytes, lanes), apart));
  }
  u8_widen_pixels_scalar(rgb + 3 * pixel, pixels - pixel, y + 4 * pixel);
}

#pragma clang attribute pop
#endif
