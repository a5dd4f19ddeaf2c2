// The logistic function of the float32 kernels, for vectors of any width.
#ifndef TL_F32_SIGMOID_H
#define TL_F32_SIGMOID_H

#include <stdint.h>

#pragma STDC FP_CONTRACT OFF

#define TL_FMA __builtin_elementwise_fma

/// Defines `sigmoid`: 1 / (1 + e^-x), within some units in the last place, on vectors of float and of
/// uint32_t of the same size.
///
/// With y = -|x|, not below -87, it is 1 / (1 + e^y) or e^y / (1 + e^y). y = n ln 2 + r with
/// |r| <= ln 2 / 2; ln 2 is split so that n * high is exact. The coefficients are those of the Taylor
/// series up to r^7/5040, whose remainder is below 2^-27 of the result. A fixed chain of IEEE operations:
/// the bits are the same in every width.
#define TL_DEFINE_SIGMOID(FLOATS, WORDS)                                                           \
  static inline __attribute__((always_inline)) FLOATS sigmoid(FLOATS x) {                          \
    const FLOATS zero = {0};                                                                       \
    const FLOATS one = zero + 1.0f, least = zero - 87.0f, shifter = zero + 0x1.8p23f;              \
    FLOATS y = (FLOATS)((WORDS)x | 0x80000000u);                                                   \
    const WORDS is_above = (WORDS)(y > least);                                                     \
    y = (FLOATS)(((WORDS)y & is_above) | ((WORDS)least & ~is_above));                              \
    const FLOATS shifted = TL_FMA(y, zero + 0x1.715476p0f, shifter);                               \
    const FLOATS n = shifted - shifter;                                                            \
    FLOATS r = TL_FMA(n, zero - 0x1.62e4p-1f, y);                                                  \
    r = TL_FMA(n, zero - 0x1.7f7d1cp-20f, r);                                                      \
    FLOATS p = zero + 0x1.a01a02p-13f;                                                             \
    p = TL_FMA(p, r, zero + 0x1.6c16c2p-10f);                                                      \
    p = TL_FMA(p, r, zero + 0x1.111112p-7f);                                                       \
    p = TL_FMA(p, r, zero + 0x1.555556p-5f);                                                       \
    p = TL_FMA(p, r, zero + 0x1.555556p-3f);                                                       \
    p = TL_FMA(p, r, zero + 0.5f);                                                                 \
    p = TL_FMA(p, r, one);                                                                         \
    p = TL_FMA(p, r, one);                                                                         \
    /* Multiplying by 2^n adds n to the exponent; the shifter left n in the low bits. */           \
    const FLOATS e = (FLOATS)((WORDS)p + ((WORDS)shifted << 23));                                  \
    const WORDS is_positive = (WORDS)(x > zero);                                                   \
    const FLOATS part = (FLOATS)(((WORDS)one & is_positive) | ((WORDS)e & ~is_positive));          \
    return part / (one + e);                                                                       \
  }

#endif
