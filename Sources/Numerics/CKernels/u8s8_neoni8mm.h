// What the int8 kernels with NEON's product of matrices share: 2 pixels by 2 channels from 8 inputs
// each.
#include "u8_neon.h"

/// Weights of four channels for 4 inputs, and for the next 4, become two channels with 8 each, and
/// two more.
INLINE void arrange_eight(int8x16_t first, int8x16_t second, int8_t *to) {
  const int32x4_t a = vreinterpretq_s32_s8(first), b = vreinterpretq_s32_s8(second);
  vst1q_s8(to, vreinterpretq_s8_s32(vzip1q_s32(a, b)));
  vst1q_s8(to + 16, vreinterpretq_s8_s32(vzip2q_s32(a, b)));
}

/// The sums of up to 6 pixels by 16 channels; weights are [eights][channel][8]. Of an odd number of
/// pixels the last is its own neighbour: `x` has one more, equal to it.
INLINE void sum_matrices(const int height, const int8_t *weight, size_t eights,
                         const uint8_t *const *pixels, int32x4_t (*sum)[4]) {
  enum { PAIRS_MAX = 3 };
  const int pairs = (height + 1) / 2;
  const uint8_t *x[2 * PAIRS_MAX];
  int32x4_t both[PAIRS_MAX][8];
  UNROLL for (int p = 0; p < 2 * pairs; p++) x[p] = pixels[p];
  UNROLL for (int p = 0; p < pairs; p++) UNROLL for (int v = 0; v < 8; v++) both[p][v] =
      vdupq_n_s32(0);
  for (; eights > 0; eights--, weight += 128) {
    uint8x16_t value[PAIRS_MAX];
    UNROLL for (int p = 0; p < pairs; p++) {
      value[p] = vcombine_u8(vld1_u8(x[2 * p]), vld1_u8(x[2 * p + 1]));
      x[2 * p] += 8;
      x[2 * p + 1] += 8;
    }
    UNROLL for (int v = 0; v < 8; v++) {
      const int8x16_t w = vld1q_s8(weight + 16 * v);
      UNROLL for (int p = 0; p < pairs; p++) both[p][v] = vusmmlaq_s32(both[p][v], value[p], w);
    }
  }
  // A vector has two channels of a pixel, and the same two of its neighbour.
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < 4; v++) {
    const int64x2_t a = vreinterpretq_s64_s32(both[p / 2][2 * v]);
    const int64x2_t b = vreinterpretq_s64_s32(both[p / 2][2 * v + 1]);
    sum[p][v] = vreinterpretq_s32_s64(p % 2 ? vtrn2q_s64(a, b) : vtrn1q_s64(a, b));
  }
}
