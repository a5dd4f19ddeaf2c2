#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)

#include "u8s8_avx2.h"

#define CONVOLUTION u8s8_convolution_avxvnni
#define TILE 6
#define DOT(sum, x, w) _mm256_dpbusd_avx_epi32(sum, x, w)
#define FIRST_DOT(x, w) _mm256_dpbusd_avx_epi32(_mm256_setzero_si256(), x, w)

#include "u8s8_arrange_bytes.h"
#include "u8s8_convolution_avx2.h"

#pragma clang attribute pop
#endif
