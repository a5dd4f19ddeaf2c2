#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "u8s8_avx2.h"

// For weights whose products add up within 16 bits: five instructions for 64 products, where pairs of
// 16-bit values take eight.
#define CONVOLUTION u8s8_convolution_avx2_bytes
#define TILE 4
#define FIRST_DOT(x, w) _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1))
#define DOT(sum, x, w) _mm256_add_epi32(sum, FIRST_DOT(x, w))
#define FIRST_DOT_OF_TWO(x0, w0, x1, w1)                                                           \
  _mm256_madd_epi16(_mm256_add_epi16(_mm256_maddubs_epi16(x0, w0), _mm256_maddubs_epi16(x1, w1)),  \
                    _mm256_set1_epi16(1))

#include "u8s8_arrange_bytes.h"
#include "u8s8_convolution_avx2.h"

#pragma clang attribute pop
#endif
