#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)

#define CONVOLUTION u8s8_convolution_avx512vnni
#define DOT(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)
#include "u8s8_avx512.h"

#pragma clang attribute pop
#endif
