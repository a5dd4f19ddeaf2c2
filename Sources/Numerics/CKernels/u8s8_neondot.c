#if defined(__aarch64__)
#include "u8s8_neon.h"

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

/// 5 pixels by 16 channels are 20 sums. With a register of 16 inputs for each pixel and the weights
/// of four that takes 29 of the 32 registers, and 16 dot products by 4 loads of weights.
enum { TILE = 5 };

INLINE void tile(const int height, const part *part, const pixel *where) {
  const tl_u8s8_convolution *a = part->convolution;
  int32x4_t sum[TILE][4];
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < 4; v++) sum[p][v] =
      part->start[v];
  const int8_t *weight = part->weight;
  const size_t weight_step = part->weight_step;
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t segment = 0; segment < a->segments; segment++) {
      const uint8_t *x[TILE];
      UNROLL for (int p = 0; p < height; p++) x[p] =
          where[p].rows[ky] + where[p].place + segment * a->segment_stride;
      int8x16_t value[TILE];
#define STEP(k)                                                                                    \
  do {                                                                                             \
    UNROLL for (int v = 0; v < 4; v++) {                                                           \
      const int8x16_t w = vld1q_s8(weight + 16 * v);                                               \
      UNROLL for (int p = 0; p < height; p++) sum[p][v] =                                          \
          vdotq_laneq_s32(sum[p][v], w, value[p], k);                                              \
    }                                                                                              \
    weight += weight_step;                                                                         \
  } while (0)
      size_t left = a->segment_length / 4;
      for (; left >= 4; left -= 4) {
        UNROLL for (int p = 0; p < height; p++) {
          value[p] = centred(vld1q_u8(x[p]));
          x[p] += 16;
        }
        STEP(0);
        STEP(1);
        STEP(2);
        STEP(3);
      }
      if (left == 0)
        continue;
      UNROLL for (int p = 0; p < height; p++) value[p] = centred(last_taps(x[p], left));
      STEP(0);
      if (left > 1)
        STEP(1);
      if (left > 2)
        STEP(2);
#undef STEP
    }
  write_tile(height, part, sum, where);
}

#define TILE_OF(height)                                                                            \
  static void tile_##height(const part *part, const pixel *where) { tile(height, part, where); }
TILE_OF(1)
TILE_OF(2)
TILE_OF(3)
TILE_OF(4)
TILE_OF(5)
static tile_function *const tiles[TILE] = {tile_1, tile_2, tile_3, tile_4, tile_5};

void u8s8_convolution_neondot(const tl_u8s8_convolution *a) { convolve(a, TILE, tiles); }

#pragma clang attribute pop
#endif
