#if defined(__aarch64__)
// For weights whose products add up within 16 bits by fours: five instructions for 32 products, where
// pairs take six.
#define CONVOLUTION u8s8_convolution_neon_fours
#define STEP 8
/// A channel has one sum. 3 pixels by 16 channels are 12 vectors of them, beside 6 of inputs, 4 of weights
/// and 6 of products of 16 bits.
#define TILE 3
#define UNIT 1

#include "u8s8_neon.h"

/// Weights become [taps / 8][four channels][{0, 2, 4, 6}, {1, 3, 5, 7}], of each vector first two taps of all
/// four channels, then two more. Sums start with 128 times the weights' sums, which make up for centred
/// inputs.
static void arrange_weights(const int8_t *packed, size_t step, const size_t pieces[4], size_t taps,
                            int8_t *weights, columns *c) {
  int32x4_t sum[4];
  UNROLL for (int v = 0; v < 4; v++) sum[v] = vdupq_n_s32(0);
  for (size_t k = 0; k < taps; k += 8, packed += 2 * step, weights += 128)
    UNROLL for (int v = 0; v < 4; v++) {
      const int8_t *at = packed + 4 * pieces[v];
      const int8x16_t first = vld1q_s8(at);
      const int8x16_t second = k + 4 < taps ? vld1q_s8(at + step) : vdupq_n_s8(0);
      vst1q_s8(weights + 32 * v, vuzp1q_s8(first, second));
      vst1q_s8(weights + 32 * v + 16, vuzp2q_s8(first, second));
      sum[v] = vpadalq_s16(sum[v], vpadalq_s8(vpaddlq_s8(first), second));
    }
  UNROLL for (int v = 0; v < 4; v++) c->start[v] = vshlq_n_s32(sum[v], 7);
}

/// Eight inputs of a pixel for four channels, in the weights' order.
typedef struct eight {
  int8x16_t even, odd;
} eight;

/// Eight of 16 inputs.
INLINE eight spread(int8x16_t x, const uint8_t first) {
  const uint8_t a = first, b = first + 2, c = first + 4, d = first + 6;
  const uint8x16_t even = {a, b, a, b, a, b, a, b, c, d, c, d, c, d, c, d};
  return (eight){vqtbl1q_s8(x, even), vqtbl1q_s8(x, vaddq_u8(even, vdupq_n_u8(1)))};
}

/// Each element has four products of one channel: {0, 1, 4, 5} or {2, 3, 6, 7}.
INLINE int16x8_t products(int8x16_t even, int8x16_t odd, eight x) {
  int16x8_t fours = vmull_s8(vget_low_s8(even), vget_low_s8(x.even));
  fours = vmlal_high_s8(fours, even, x.even);
  fours = vmlal_s8(fours, vget_low_s8(odd), vget_low_s8(x.odd));
  return vmlal_high_s8(fours, odd, x.odd);
}

/// Adds the products of eight inputs of each pixel.
INLINE void add_eight(const int height, const int8_t **weight, const eight x[TILE],
                      int32x4_t sum[TILE][4]) {
  UNROLL for (int first = 0; first < 4; first += 2) {
    UNROLL for (int v = first; v < first + 2; v++) {
      const int8x16_t even = vld1q_s8(*weight), odd = vld1q_s8(*weight + 16);
      *weight += 32;
      UNROLL for (int p = 0; p < height; p++)
        sum[p][v] = vpadalq_s16(sum[p][v], products(even, odd, x[p]));
    }
    // Opaque to the optimizer, which would otherwise begin more products than there are registers for.
    // Those of two vectors, begun together, keep a processor busy that works in order.
    UNROLL for (int v = first; v < first + 2; v++) UNROLL for (int p = 0; p < height; p++)
        __asm__ volatile("" : "+w"(sum[p][v]));
    __asm__ volatile("" : "+r"(*weight));
  }
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
  eight inputs[TILE];
  size_t left = (c->taps + 7) / 8;
  for (; left >= 2; left -= 2) {
    UNROLL for (int p = 0; p < height; p++) {
      value[p] = centred(vld1q_u8(x[p]));
      x[p] += 16;
      inputs[p] = spread(value[p], 0);
    }
    add_eight(height, &weight, inputs, sum);
    UNROLL for (int p = 0; p < height; p++) inputs[p] = spread(value[p], 8);
    add_eight(height, &weight, inputs, sum);
  }
  if (left > 0) {
    UNROLL for (int p = 0; p < height; p++) {
      const uint8x8_t last = vld1_u8(x[p]);
      inputs[p] = spread(centred(vcombine_u8(last, last)), 0);
    }
    add_eight(height, &weight, inputs, sum);
  }
}

#endif
