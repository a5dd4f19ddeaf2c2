// What happens to a single element, shared by the scalar reference and the vector kernels. Every
// function is one fixed chain of IEEE operations, so whatever width the compiler gives the loop
// around it, the bits are the same.
#ifndef TL_HEAD_ELEMENTS_H
#define TL_HEAD_ELEMENTS_H

#include "head.h"

#pragma STDC FP_CONTRACT OFF

#define TL_INLINE static inline __attribute__((always_inline))

#define TL_LANES 16

// e^x for x <= 0, within 1 unit in the last place; 0 below -87, where the result would soon leave
// the normal numbers. x = n ln 2 + r with |r| <= ln 2 / 2; ln 2 is split so that n * high is exact
// (high has 15 significant bits, n at most 7). The coefficients are those of the Taylor series
// up to r^7/5040, whose remainder is below 2^-27 of the result.
TL_INLINE float tl_exponential(float x) {
  const float shifter = 0x1.8p23f;
  float shifted = __builtin_fmaf(x, 0x1.715476p0f, shifter);
  float n = shifted - shifter;
  float r = __builtin_fmaf(n, -0x1.62e4p-1f, x);
  r = __builtin_fmaf(n, -0x1.7f7d1cp-20f, r);
  float p = 0x1.a01a02p-13f;
  p = __builtin_fmaf(p, r, 0x1.6c16c2p-10f);
  p = __builtin_fmaf(p, r, 0x1.111112p-7f);
  p = __builtin_fmaf(p, r, 0x1.555556p-5f);
  p = __builtin_fmaf(p, r, 0x1.555556p-3f);
  p = __builtin_fmaf(p, r, 0.5f);
  p = __builtin_fmaf(p, r, 1.0f);
  p = __builtin_fmaf(p, r, 1.0f);
  // Multiplying by 2^n adds n to the exponent field; the shifter left n in the low bits.
  union { float number; uint32_t bits; } from = {.number = shifted}, to = {.number = p};
  to.bits += from.bits << 23;
  return x < -87.0f ? 0.0f : to.number;
}

// A gradient sum as the mean it stands for.
TL_INLINE float tl_mean(int64_t sum, double scale, double count) {
  return (float)((double)sum * scale / count);
}

TL_INLINE void tl_adamw_element(float *parameter, float *first, float *second, int64_t sum,
                                const struct tl_adamw *step) {
  float g = tl_mean(sum, step->scale, step->count);
  float m = __builtin_fmaf(step->beta1_complement, g - *first, *first);
  float v = __builtin_fmaf(step->beta2_complement * g, g, step->beta2 * *second);
  float denominator =
      __builtin_fmaf(__builtin_elementwise_sqrt(v), step->second_correction, step->epsilon);
  float decayed = *parameter * step->decay_factor;
  *first = m;
  *second = v;
  *parameter = __builtin_fmaf(-step->step_size, m / denominator, decayed);
}

TL_INLINE void tl_sgd_element(float *parameter, float *velocity, int64_t sum,
                              const struct tl_sgd *step) {
  float g = tl_mean(sum, step->scale, step->count);
  float decayed = __builtin_fmaf(step->weight_decay, *parameter, g);
  float u = __builtin_fmaf(step->momentum, *velocity, decayed);
  *velocity = u;
  *parameter = __builtin_fmaf(-step->rate, u, *parameter);
}

// 1 where a parameter is not a number or too large. The comparison is false for NaN.
TL_INLINE uint32_t tl_is_absurd(float parameter, float magnitude_max) {
  return !(__builtin_fabsf(parameter) <= magnitude_max);
}

TL_INLINE float tl_fold_lanes(float *lanes) {
  for (size_t width = TL_LANES / 2; width > 0; width /= 2)
    for (size_t j = 0; j < width; j++) lanes[j] = lanes[j] + lanes[j + width];
  return lanes[0];
}

#endif
