#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)

#define CONVOLUTION u8s8_convolution_avx512
#define FITTING_BYTES u8s8_convolution_avx512_bytes
// Bytes widen to 16 bits, even and odd ones apart: vpmaddubsw would saturate.
#define DOT(sum, x, w)                                                                             \
  _mm512_add_epi32(                                                                                \
      _mm512_add_epi32(sum, _mm512_madd_epi16(_mm512_and_si512(x, _mm512_set1_epi16(0xff)),        \
                                              _mm512_srai_epi16(_mm512_slli_epi16(w, 8), 8))),     \
      _mm512_madd_epi16(_mm512_srli_epi16(x, 8), _mm512_srai_epi16(w, 8)))
#include "u8s8_avx512.h"

#pragma clang attribute pop
#endif
