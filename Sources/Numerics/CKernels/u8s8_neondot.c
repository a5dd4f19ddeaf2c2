#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define CONVOLUTION u8s8_convolution_neondot
#define STEP 16
/// 5 pixels by 16 channels are 20 sums. With a register of 16 inputs for each pixel and the weights
/// of four that takes 29 of the 32 registers, and 16 dot products by 4 loads of weights.
#define TILE 5
#define UNIT 1

#include "u8s8_neon.h"

/// Weights become [taps / 4][channel][4], and sums start with 128 times the weights' sums, which
/// make up for centred inputs.
static void arrange_weights(const int8_t *packed, size_t step, const size_t pieces[4], size_t taps,
                            int8_t *weights, columns *c) {
  int32x4_t sum[4];
  UNROLL for (int v = 0; v < 4; v++) sum[v] = vdupq_n_s32(0);
  for (size_t k = 0; k < taps; k += 4, packed += step, weights += 64)
    UNROLL for (int v = 0; v < 4; v++) {
      const int8x16_t w = vld1q_s8(packed + 4 * pieces[v]);
      vst1q_s8(weights + 16 * v, w);
      sum[v] = vdotq_s32(sum[v], w, vdupq_n_s8(1));
    }
  UNROLL for (int v = 0; v < 4; v++) c->start[v] = vshlq_n_s32(sum[v], 7);
}

INLINE void sum_taps(const int height, const columns *c, const uint8_t *const *pixels,
                     int32x4_t sum[TILE][4]) {
  const uint8_t *x[TILE];
  UNROLL for (int p = 0; p < height; p++) {
    x[p] = pixels[p];
    UNROLL for (int v = 0; v < 4; v++) sum[p][v] = c->start[v];
  }
  const int8_t *weight = c->weights;
  int8x16_t value[TILE];
#define FOUR_TAPS(k)                                                                               \
  do {                                                                                             \
    UNROLL for (int v = 0; v < 4; v++) {                                                           \
      const int8x16_t w = vld1q_s8(weight + 64 * k + 16 * v);                                      \
      UNROLL for (int p = 0; p < height; p++) sum[p][v] =                                          \
          vdotq_laneq_s32(sum[p][v], w, value[p], k);                                              \
    }                                                                                              \
  } while (0)
  size_t left = c->taps / 4;
  for (; left >= 4; left -= 4, weight += 256) {
    UNROLL for (int p = 0; p < height; p++) {
      value[p] = centred(vld1q_u8(x[p]));
      x[p] += 16;
    }
    FOUR_TAPS(0);
    FOUR_TAPS(1);
    FOUR_TAPS(2);
    FOUR_TAPS(3);
  }
  if (left == 0)
    return;
  UNROLL for (int p = 0; p < height; p++) value[p] = centred(vld1q_u8(x[p]));
  FOUR_TAPS(0);
  if (left > 1)
    FOUR_TAPS(1);
  if (left > 2)
    FOUR_TAPS(2);
#undef FOUR_TAPS
}

#pragma clang attribute pop
#endif
