#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "u8s8_avx2.h"

#define CONVOLUTION u8s8_convolution_avx2
// Values of 16 bits, in pairs: vpmaddubsw, on bytes, could saturate.
#define WIDTH 2
#define TILE 6
#define FITTING_BYTES u8s8_convolution_avx2_bytes
#define DOT(sum, x, w) _mm256_add_epi32(sum, _mm256_madd_epi16(x, w))
#define FIRST_DOT(x, w) _mm256_madd_epi16(x, w)

INLINE void widen(const uint8_t *x, uint8_t *to) {
  _mm256_storeu_si256((__m256i *)to,
                      _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)x)));
}

/// Widens `count` bytes, a multiple of 4; the last ones twice rather than with what lies behind.
INLINE void arrange_pixel(const uint8_t *x, size_t count, uint8_t *to) {
  size_t k = 0;
  for (; k + 16 <= count; k += 16) widen(x + k, to + 2 * k);
  if (k < count && count > 16) {
    widen(x + count - 16, to + 2 * (count - 16));
    return;
  }
  if (k + 8 <= count) {
    _mm_storeu_si128((__m128i *)(to + 2 * k),
                     _mm_cvtepu8_epi16(_mm_loadl_epi64((const __m128i *)(x + k))));
    k += 8;
  }
  if (k < count)
    _mm_storel_epi64((__m128i *)(to + 2 * k),
                     _mm_cvtepu8_epi16(_mm_cvtsi32_si128(*(const int *)(x + k))));
}

/// Widens the weights of 16 channels, those of two inputs side by side.
INLINE void arrange_weights(const int8_t *panel, size_t stride, const size_t pieces[4],
                            size_t taps, uint8_t *to) {
  const __m128i pairs = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
  for (size_t k = 0; k < taps; k += 4, panel += stride, to += 128) {
    __m128i w[4];
    UNROLL for (int j = 0; j < 4; j++) w[j] = _mm_shuffle_epi8(
        _mm_loadu_si128((const __m128i *)(panel + 4 * pieces[j])), pairs);
    UNROLL for (int v = 0; v < 2; v++) {
      const __m128i first = _mm_unpacklo_epi64(w[2 * v], w[2 * v + 1]);
      const __m128i second = _mm_unpackhi_epi64(w[2 * v], w[2 * v + 1]);
      _mm256_store_si256((__m256i *)(to + 32 * v), _mm256_cvtepi8_epi16(first));
      _mm256_store_si256((__m256i *)(to + 64 + 32 * v), _mm256_cvtepi8_epi16(second));
    }
  }
}

/// Widens the colours of three pixels of 4 bytes; writes 16 values, of which the last 7 are 0.
INLINE void arrange_colours(const uint8_t *x, uint8_t *to) {
  const __m128i colours = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, -1, -1, -1, -1, -1, -1, -1);
  _mm256_storeu_si256((__m256i *)to, _mm256_cvtepu8_epi16(_mm_shuffle_epi8(
                                         _mm_loadu_si128((const __m128i *)x), colours)));
}

/// Value `tap` of the colours' weights of 8 channels, alone in each element.
INLINE __m256i colour_weight(const __m256i *weights, int tap) {
  // Of each pixel: red and green of 16 channels, then blue and 0.
  const __m256i *pixel = weights + tap / 3 * 4;
  if (tap % 3 == 2)
    return pixel[2];
  return tap % 3 == 1 ? _mm256_srli_epi32(pixel[0], 16)
                      : _mm256_and_si256(pixel[0], _mm256_set1_epi32(0xffff));
}

/// Leaves out the fourth weights, which are 0, of a 3x3 kernel over an image.
INLINE void compact_weights(uint8_t *arranged) {
  __m256i *weights = (__m256i *)arranged;
  UNROLL for (int pair = 0; pair < 14; pair++) UNROLL for (int v = 0; v < 2; v++) {
    __m256i both = colour_weight(weights + v, 2 * pair);
    if (pair < 13)
      both = _mm256_or_si256(both,
                             _mm256_slli_epi32(colour_weight(weights + v, 2 * pair + 1), 16));
    weights[2 * pair + v] = both;
  }
}

#include "u8s8_convolution_avx2.h"

#pragma clang attribute pop
#endif
