#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)

#include "u8s8_avx2.h"

#define CONVOLUTION u8s8_convolution_avxvnni
#define WIDTH 1
#define DOT(sum, x, w) _mm256_dpbusd_avx_epi32(sum, x, w)

/// Copies `count` bytes, a multiple of 4.
INLINE void arrange_pixel(const uint8_t *x, size_t count, uint8_t *to) {
  size_t k = 0;
  for (; k + 16 <= count; k += 16)
    _mm_storeu_si128((__m128i *)(to + k), _mm_loadu_si128((const __m128i *)(x + k)));
  for (; k < count; k += 4) *(int *)(to + k) = *(const int *)(x + k);
}

/// The weights of 16 channels in their order.
INLINE void arrange_weights(const int8_t *panel, size_t stride, const size_t pieces[4],
                            size_t taps, uint8_t *to) {
  for (size_t k = 0; k < taps; k += 4, panel += stride, to += 64)
    UNROLL for (int j = 0; j < 4; j++) _mm_store_si128(
        (__m128i *)(to + 16 * j), _mm_loadu_si128((const __m128i *)(panel + 4 * pieces[j])));
}

#include "u8s8_convolution_avx2.h"

#pragma clang attribute pop
#endif
