#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod,i8mm"))), apply_to = function)

// The weights of 16 channels for so many inputs are arranged; wider ones aren't fast because of
// their products.
enum { INPUTS_MAX = 128 };

#define EXPAND_DEPTHWISE u8s8_expand_depthwise_neoni8mm
#define CAN_TAKE(a)                                                                                \
  ((a)->kernel_height == 1 && (a)->segment_length % 8 == 0 && (a)->segment_length <= INPUTS_MAX)
#define FALLBACK u8s8_expand_depthwise_neondot
#define ARRANGED_BYTES (16 * INPUTS_MAX)

#include "u8s8_expand_depthwise_neon.h"
#include "u8s8_neoni8mm.h"

static void begin_part(const tl_u8s8_convolution *a, const int8_t *packed, size_t vectors, size_t v,
                       int8_t *arranged, part *p) {
  p->weight = arranged;
  // Inputs are bytes without a sign, as they are.
  UNROLL for (int q = 0; q < 4; q++) p->start[q] = vdupq_n_s32(0);
  const size_t step = 64 * vectors;
  const int8_t *from = packed + 64 * v;
  for (size_t k = 0; k < a->segment_length; k += 8, from += 2 * step, arranged += 128)
    UNROLL for (int q = 0; q < 4; q++) arrange_eight(
        vld1q_s8(from + 16 * q), vld1q_s8(from + step + 16 * q), arranged + 32 * q);
}

INLINE void expand_sums(const int count, const tl_u8s8_convolution *a, const part *part,
                        const uint8_t *const *rows, ptrdiff_t place, int32x4_t sum[4][4]) {
  const uint8_t *x[4];
  UNROLL for (int p = 0; p < 4; p++) x[p] =
      rows[0] + place + (size_t)(p < count ? p : count - 1) * a->x_pixel_stride;
  sum_matrices(count, part->weight, a->segment_length / 8, x, sum);
  // What isn't computed counts for nothing, and may not be left to chance.
  UNROLL for (int p = count; p < 4; p++) UNROLL for (int q = 0; q < 4; q++) sum[p][q] =
      vdupq_n_s32(0);
}

#pragma clang attribute pop
#endif
