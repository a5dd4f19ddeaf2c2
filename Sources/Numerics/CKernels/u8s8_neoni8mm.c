#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)

#define CONVOLUTION u8s8_convolution_neoni8mm
#define STEP 8
/// Two pixels by two channels are a vector of sums, so that 6 pixels by 16 channels are 24. With 8
/// inputs of two pixels in a register that takes 29 of the 32, and 24 products of matrices by 8
/// loads of weights and 6 of inputs.
#define TILE 6
#define UNIT 2

#include "u8s8_neon.h"
#include "u8s8_neoni8mm.h"

/// Weights become [taps / 8][channel][8]. Inputs are bytes without a sign, as they are: sums start
/// at 0.
static void arrange_weights(const int8_t *packed, size_t step, const size_t pieces[4], size_t taps,
                            int8_t *weights, columns *c) {
  (void)c;
  for (size_t k = 0; k < taps; k += 8, packed += 2 * step, weights += 128)
    UNROLL for (int v = 0; v < 4; v++) {
      const int8_t *from = packed + 4 * pieces[v];
      arrange_eight(vld1q_s8(from), k + 4 < taps ? vld1q_s8(from + step) : vdupq_n_s8(0),
                    weights + 32 * v);
    }
}

INLINE void sum_taps(const int height, const columns *c, const uint8_t *const *pixels,
                     int32x4_t sum[TILE][4]) {
  const uint8_t *x[TILE];
  UNROLL for (int p = 0; p < TILE; p++) x[p] = pixels[p < height ? p : height - 1];
  sum_matrices(height, c->weights, (c->taps + 7) / 8, x, sum);
}

#pragma clang attribute pop
#endif
