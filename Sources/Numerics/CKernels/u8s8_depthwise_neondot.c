#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "u8s8_depthwise_neondot.h"

/// Vectors of 16 channels whose rows are interleaved together: a cache line.
enum { VECTORS = 4 };

/// 16 channels of four neighbouring pixels.
INLINE group interleaved(const uint8_t *x, size_t stride) {
  const int8x16_t p0 = centred(vld1q_u8(x)), p1 = centred(vld1q_u8(x + stride));
  const int8x16_t p2 = centred(vld1q_u8(x + 2 * stride)), p3 = centred(vld1q_u8(x + 3 * stride));
  const int16x8_t low01 = vreinterpretq_s16_s8(vzip1q_s8(p0, p1));
  const int16x8_t high01 = vreinterpretq_s16_s8(vzip2q_s8(p0, p1));
  const int16x8_t low23 = vreinterpretq_s16_s8(vzip1q_s8(p2, p3));
  const int16x8_t high23 = vreinterpretq_s16_s8(vzip2q_s8(p2, p3));
  return (group){{vreinterpretq_s8_s16(vzip1q_s16(low01, low23)),
                  vreinterpretq_s8_s16(vzip2q_s16(low01, low23)),
                  vreinterpretq_s8_s16(vzip1q_s16(high01, high23)),
                  vreinterpretq_s8_s16(vzip2q_s16(high01, high23))}};
}

/// Up to 64 channels of a 3x3 depthwise convolution. Every input row is interleaved once, whole
/// cache lines at a time, into a ring of three rows.
INLINE void depthwise_3x3(const int stride, const tl_u8s8_depthwise *a, size_t c) {
  group ring[3][VECTORS][GROUPS_MAX];
  const size_t left = (a->channels - c) / 16;
  const size_t vectors = left < VECTORS ? left : VECTORS;
  const size_t groups = (a->width + 3) / 4 * (size_t)stride + 1;
  size_t ready = 0;
  for (size_t row = 0; row < a->rows; row++) {
    const size_t first = row * (size_t)stride;
    for (; ready < first + 3; ready++) {
      const uint8_t *x = a->x_rows[ready] + c;
      for (size_t g = 0; g < groups; g++, x += 4 * a->x_pixel_stride)
        for (size_t v = 0; v < vectors; v++)
          ring[ready % 3][v][g] = interleaved(x + 16 * v, a->x_pixel_stride);
    }
    uint8_t *y = a->y + row * a->y_row_stride + c;
    for (size_t v = 0; v < vectors; v++) {
      const group *const rows[3] = {ring[first % 3][v], ring[(first + 1) % 3][v],
                                    ring[(first + 2) % 3][v]};
      depthwise_row(stride, a, c + 16 * v, rows, y + 16 * v);
    }
  }
}

void u8s8_depthwise_neondot(const tl_u8s8_depthwise *a) {
  const size_t groups = (a->width + 3) / 4 * a->stride + 1;
  if (a->kernel_height != 3 || a->kernel_width != 3 || a->stride > 2 || groups > GROUPS_MAX) {
    u8s8_depthwise_neon(a);
    return;
  }
  for (size_t c = 0; c < a->channels; c += 16 * VECTORS)
    if (a->stride == 1)
      depthwise_3x3(1, a, c);
    else
      depthwise_3x3(2, a, c);
}

#pragma clang attribute pop
#endif
