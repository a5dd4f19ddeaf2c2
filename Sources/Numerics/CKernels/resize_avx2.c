#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include <immintrin.h>
#include <string.h>

#include "variants.h"

#define INLINE static inline __attribute__((always_inline))

// Both steps take two taps at a time: a pair of 16-bit values times a pair of weights, added up in 32
// bits. Of an odd number the last is paired with a weight of 0.

/// Two weights side by side, in all places.
INLINE __m256i weight_pair(const int16_t *weights) {
  int32_t pair;
  memcpy(&pair, weights, sizeof pair);
  return _mm256_set1_epi32(pair);
}

/// Adds 32 bytes of each of two rows, weighted. Within each half of the vectors sums[k] has the bytes
/// from 4k on.
INLINE void add_rows(__m256i sums[4], __m256i first, __m256i second, __m256i pair) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i low = _mm256_unpacklo_epi8(first, second);
  const __m256i high = _mm256_unpackhi_epi8(first, second);
  const __m256i pixels[4] = {
      _mm256_unpacklo_epi8(low, zero), _mm256_unpackhi_epi8(low, zero),
      _mm256_unpacklo_epi8(high, zero), _mm256_unpackhi_epi8(high, zero)};
  for (int k = 0; k < 4; k++)
    sums[k] = _mm256_add_epi32(sums[k], _mm256_madd_epi16(pixels[k], pair));
}

/// 32 outputs.
INLINE void blend_rows(const uint8_t *rows, size_t stride, const int16_t *weights, size_t taps,
                       int16_t *blended) {
  __m256i sums[4];
  for (int k = 0; k < 4; k++) sums[k] = _mm256_set1_epi32(1 << 7);
  size_t t = 0;
  for (; t + 2 <= taps; t += 2)
    add_rows(sums, _mm256_loadu_si256((const __m256i *)(rows + t * stride)),
             _mm256_loadu_si256((const __m256i *)(rows + (t + 1) * stride)),
             weight_pair(weights + t));
  if (t < taps)
    add_rows(sums, _mm256_loadu_si256((const __m256i *)(rows + t * stride)),
             _mm256_setzero_si256(), _mm256_set1_epi32((uint16_t)weights[t]));
  for (int k = 0; k < 4; k++) sums[k] = _mm256_srai_epi32(sums[k], 8);
  const __m256i low = _mm256_packs_epi32(sums[0], sums[1]);
  const __m256i high = _mm256_packs_epi32(sums[2], sums[3]);
  _mm256_storeu_si256((__m256i *)blended, _mm256_permute2x128_si256(low, high, 0x20));
  _mm256_storeu_si256((__m256i *)(blended + 16), _mm256_permute2x128_si256(low, high, 0x31));
}

void resize_rows_avx2(const uint8_t *rows, size_t stride, size_t count, const int16_t *weights,
                      size_t taps, int16_t *blended) {
  if (count < 32) {
    resize_rows_scalar(rows, stride, count, weights, taps, blended);
    return;
  }
  for (size_t start = 0; start < count; start += 32) {
    // The last block overlaps the one before.
    if (start + 32 > count) start = count - 32;
    // The usual numbers of taps, unrolled: upscaling has 2, downscaling by less than a half 3 or 4.
    if (taps == 2) blend_rows(rows + start, stride, weights, 2, blended + start);
    else if (taps == 3) blend_rows(rows + start, stride, weights, 3, blended + start);
    else if (taps == 4) blend_rows(rows + start, stride, weights, 4, blended + start);
    else blend_rows(rows + start, stride, weights, taps, blended + start);
  }
}

/// Two pixels side by side from each of two places.
INLINE __m256i pixel_pairs(const int16_t *low, const int16_t *high) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
      _mm_loadu_si128((const __m128i *)high), 1);
}

/// Outputs x and x + 4, each in a half of the vector: red, green, blue and what lies beside them.
INLINE __m256i two_outputs(const int16_t *blended, const int32_t *first, const int16_t *weights,
                           size_t taps) {
  // Red beside red, green beside green …
  const __m256i beside = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 8, 9, 2, 3, 10, 11, 4, 5, 12, 13, 6, 7, 14, 15));
  const int16_t *low = blended + 4 * (size_t)first[0], *high = blended + 4 * (size_t)first[4];
  const int16_t *low_weights = weights, *high_weights = weights + 4 * taps;
  __m256i sums = _mm256_set1_epi32(1 << 19);
  size_t t = 0;
  for (; t + 2 <= taps; t += 2) {
    const __m256i pixels = _mm256_shuffle_epi8(pixel_pairs(low + 4 * t, high + 4 * t), beside);
    const __m256i pairs = _mm256_blend_epi32(weight_pair(low_weights + t),
                                             weight_pair(high_weights + t), 0xf0);
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pixels, pairs));
  }
  if (t < taps) {
    // With the tap before it, which has been counted: nothing may be read behind the last.
    t--;
    const __m256i pixels = _mm256_shuffle_epi8(pixel_pairs(low + 4 * t, high + 4 * t), beside);
    const __m256i pairs = _mm256_blend_epi32(weight_pair(low_weights + t),
                                             weight_pair(high_weights + t), 0xf0);
    const __m256i second = _mm256_and_si256(pairs, _mm256_set1_epi32((int32_t)0xffff0000));
    sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pixels, second));
  }
  return _mm256_srai_epi32(sums, 20);
}

/// 8 pixels, 24 bytes.
INLINE void blend_columns(const int16_t *blended, const int32_t *first, const int16_t *weights,
                          size_t taps, uint8_t *row) {
  __m256i outputs[4];
  for (int k = 0; k < 4; k++)
    outputs[k] = two_outputs(blended, first + k, weights + k * taps, taps);
  const __m256i pixels = _mm256_packus_epi16(_mm256_packs_epi32(outputs[0], outputs[1]),
                                             _mm256_packs_epi32(outputs[2], outputs[3]));
  const __m256i colours = _mm256_shuffle_epi8(
      pixels, _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1,
                                                        -1, -1, -1)));
  const __m256i dense =
      _mm256_permutevar8x32_epi32(colours, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
  _mm_storeu_si128((__m128i *)row, _mm256_castsi256_si128(dense));
  _mm_storel_epi64((__m128i *)(row + 16), _mm256_extracti128_si256(dense, 1));
}

void resize_columns_avx2(const int16_t *blended, const int32_t *first, const int16_t *weights,
                         size_t taps, size_t pixels, uint8_t *row) {
  if (taps < 2 || pixels < 8) {
    resize_columns_scalar(blended, first, weights, taps, pixels, row);
    return;
  }
  for (size_t x = 0; x < pixels; x += 8) {
    // The last block overlaps the one before.
    if (x + 8 > pixels) x = pixels - 8;
    const int16_t *from = weights + x * taps;
    if (taps == 2) blend_columns(blended, first + x, from, 2, row + 3 * x);
    else if (taps == 3) blend_columns(blended, first + x, from, 3, row + 3 * x);
    else if (taps == 4) blend_columns(blended, first + x, from, 4, row + 3 * x);
    else blend_columns(blended, first + x, from, taps, row + 3 * x);
  }
}

#pragma clang attribute pop
#endif
