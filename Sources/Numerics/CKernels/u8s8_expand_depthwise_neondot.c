#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define EXPAND_DEPTHWISE u8s8_expand_depthwise_neondot
#define CAN_TAKE(a) ((void)(a), 1)
#define FALLBACK(a) ((void)(a))
// Weights are read where they are.
#define ARRANGED_BYTES 1

#include "u8s8_expand_depthwise_neon.h"

static void begin_part(const tl_u8s8_convolution *a, const int8_t *packed, size_t vectors, size_t v,
                       int8_t *arranged, part *p) {
  (void)arranged;
  p->weight = packed + 64 * v;
  p->weight_step = 64 * vectors;
  UNROLL for (int q = 0; q < 4; q++) p->start[q] = vdupq_n_s32(0);
  // 128 times the weights' sums make up for centred inputs.
  for (size_t k = 0; k < a->kernel_height * a->segment_length / 4; k++)
    UNROLL for (int q = 0; q < 4; q++) p->start[q] = vdotq_s32(
        p->start[q], vld1q_s8(p->weight + k * p->weight_step + 16 * q), vdupq_n_s8(1));
  UNROLL for (int q = 0; q < 4; q++) p->start[q] = vshlq_n_s32(p->start[q], 7);
}

INLINE void expand_sums(const int count, const tl_u8s8_convolution *a, const part *part,
                        const uint8_t *const *rows, ptrdiff_t place, int32x4_t sum[4][4]) {
  UNROLL for (int p = 0; p < 4; p++) UNROLL for (int q = 0; q < 4; q++) sum[p][q] =
      part->start[q];
  const int8_t *weight = part->weight;
  const size_t weight_step = part->weight_step;
  for (size_t ky = 0; ky < a->kernel_height; ky++) {
    const uint8_t *x = rows[ky] + place;
    int8x16_t value[4];
#define STEP(k)                                                                                    \
  do {                                                                                             \
    UNROLL for (int q = 0; q < 4; q++) {                                                           \
      const int8x16_t w = vld1q_s8(weight + 16 * q);                                               \
      UNROLL for (int p = 0; p < count; p++) sum[p][q] =                                           \
          vdotq_laneq_s32(sum[p][q], w, value[p], k);                                              \
    }                                                                                              \
    weight += weight_step;                                                                         \
  } while (0)
    size_t left = a->segment_length / 4;
    for (; left >= 4; left -= 4, x += 16) {
      UNROLL for (int p = 0; p < count; p++) value[p] =
          centred(vld1q_u8(x + (size_t)p * a->x_pixel_stride));
      STEP(0);
      STEP(1);
      STEP(2);
      STEP(3);
    }
    if (left == 0)
      continue;
    UNROLL for (int p = 0; p < count; p++) value[p] =
        centred(last_taps(x + (size_t)p * a->x_pixel_stride, left));
    STEP(0);
    if (left > 1)
      STEP(1);
    if (left > 2)
      STEP(2);
#undef STEP
  }
}

#pragma clang attribute pop
#endif
