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

/// Pieces of a table of 256 bytes: the first and the ninth as they are, the others as what differs from
/// the piece before.
typedef __m256i table_steps[16];

INLINE void load_steps(const uint8_t *table, table_steps steps) {
  __m256i before = _mm256_setzero_si256();
  for (size_t piece = 0; piece < 16; piece++) {
    const __m256i bytes =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(table + 16 * piece)));
    steps[piece] = piece % 8 == 0 ? bytes : _mm256_xor_si256(bytes, before);
    before = bytes;
  }
}

/// vpshufb gives 0 for what is negative. So each half of the table adds up the steps to a value's piece,
/// as the value gets less by 16 for every step, and nothing for values of the other half.
INLINE __m256i looked_up(__m256i x, const table_steps steps) {
  const __m256i piece = _mm256_set1_epi8(16);
  __m256i low = x, high = _mm256_xor_si256(x, _mm256_set1_epi8((char)0x80));
  __m256i result = _mm256_xor_si256(_mm256_shuffle_epi8(steps[0], low),
                                    _mm256_shuffle_epi8(steps[8], high));
  UNROLL for (size_t i = 1; i < 8; i++) {
    low = _mm256_subs_epi8(low, piece);
    high = _mm256_subs_epi8(high, piece);
    result = _mm256_xor_si256(result, _mm256_shuffle_epi8(steps[i], low));
    result = _mm256_xor_si256(result, _mm256_shuffle_epi8(steps[8 + i], high));
  }
  return result;
}

void u8_lookup_avx2(const tl_u8_lookup *a) {
  table_steps steps;
  load_steps(a->table, steps);
  // Pixels without room between them are as one of many channels.
  const bool is_dense = a->y_pixel_stride == a->channels;
  const size_t pixels = is_dense ? 1 : a->width;
  const size_t channels = is_dense ? a->width * a->channels : a->channels;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < pixels; pixel++) {
      uint8_t *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      size_t c = 0;
      for (; c + 32 <= channels; c += 32) {
        const __m256i x = _mm256_loadu_si256((const __m256i *)(y + c));
        _mm256_storeu_si256((__m256i *)(y + c), looked_up(x, steps));
      }
      if (c < channels) {
        const __m128i x = _mm_loadu_si128((const __m128i *)(y + c));
        const __m256i value = looked_up(_mm256_castsi128_si256(x), steps);
        _mm_storeu_si128((__m128i *)(y + c), _mm256_castsi256_si128(value));
      }
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
