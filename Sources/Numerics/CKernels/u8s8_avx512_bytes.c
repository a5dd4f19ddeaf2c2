#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)

// For weights whose products add up within 16 bits: five instructions for 128 products.
#define CONVOLUTION u8s8_convolution_avx512_bytes
#define DOT(sum, x, w)                                                                             \
  _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_maddubs_epi16(x, w), _mm512_set1_epi16(1)))
#define DOT_OF_TWO(sum, x0, w0, x1, w1)                                                            \
  _mm512_add_epi32(                                                                                \
      sum, _mm512_madd_epi16(_mm512_add_epi16(_mm512_maddubs_epi16(x0, w0),                        \
                                              _mm512_maddubs_epi16(x1, w1)),                       \
                             _mm512_set1_epi16(1)))
#include "u8s8_avx512.h"

#pragma clang attribute pop
#endif
