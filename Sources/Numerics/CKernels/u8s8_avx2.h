// What the int8 kernels of 256 bits share.
#include <immintrin.h>

#include "variants.h"

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#endif

/// Not clamped: whoever narrows it saturates.
INLINE __m256i quantized(__m256i sum, __m256 multiplier, __m256 bias) {
  return _mm256_cvtps_epi32(_mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), multiplier, bias));
}

/// Narrows four vectors, which lie there one after the other within each half: the lower halves'
/// bytes, then the upper ones'.
INLINE __m256i narrowed(__m256i a, __m256i b, __m256i c, __m256i d) {
  return _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
}

/// Up to four quantized outputs of 8 channels, each to its place.
INLINE void store_outputs(const __m256i value[4], uint8_t *const y[4], size_t count) {
  const __m256i bytes =
      _mm256_permutevar8x32_epi32(narrowed(value[0], value[1], value[2], value[3]),
                                  _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
  const __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
  _mm_storel_epi64((__m128i *)y[0], low);
  if (count > 1)
    _mm_storeh_pi((__m64 *)y[1], _mm_castsi128_ps(low));
  if (count > 2)
    _mm_storel_epi64((__m128i *)y[2], high);
  if (count > 3)
    _mm_storeh_pi((__m64 *)y[3], _mm_castsi128_ps(high));
}

/// Quantizes up to four outputs of 8 channels, each to its place.
INLINE void write_outputs(const __m256i sum[4], __m256 multiplier, __m256 bias,
                          uint8_t *const y[4], size_t count) {
  __m256i value[4];
  UNROLL for (int i = 0; i < 4; i++) value[i] = quantized(sum[i], multiplier, bias);
  store_outputs(value, y, count);
}
