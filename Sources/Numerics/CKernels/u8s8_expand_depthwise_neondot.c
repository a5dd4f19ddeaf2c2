#if defined(__aarch64__)
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#include "u8s8_depthwise_neondot.h"

enum { VECTORS_MAX = 3 };

/// 16 channels of the expansion: their weights, and what their sums start with.
typedef struct part {
  const int8_t *weight;
  /// From the weights of 4 inputs to those of the next.
  size_t weight_step;
  const float *multiplier;
  const float *bias;
  int32x4_t start[4];
} part;

INLINE part part_of(const tl_u8s8_convolution *a, size_t first, size_t vectors, size_t v) {
  const size_t fours = a->kernel_height * a->segment_length / 4;
  const size_t channel = first + 16 * v;
  part p = {.weight = a->packed + first * fours * 4 + 64 * v, .weight_step = 64 * vectors,
            .multiplier = a->multiplier + channel, .bias = a->bias + channel};
  UNROLL for (int q = 0; q < 4; q++) p.start[q] = vdupq_n_s32(0);
  // 128 times the weights' sums make up for centred inputs.
  for (size_t k = 0; k < fours; k++)
    UNROLL for (int q = 0; q < 4; q++) p.start[q] = vdotq_s32(
        p.start[q], vld1q_s8(p.weight + k * p.weight_step + 16 * q), vdupq_n_s8(1));
  UNROLL for (int q = 0; q < 4; q++) p.start[q] = vshlq_n_s32(p.start[q], 7);
  return p;
}

/// The sums of `count` neighbouring pixels of 16 expanded channels.
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

/// Quantizes and interleaves the sums of a group; pixels where `mask` is 0 become 0.
INLINE void expand_write(const part *part, int32x4_t sum[4][4], uint32_t mask, group *out) {
  static const uint8_t order[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const uint8x16_t transposed = vld1q_u8(order);
  const uint8x16_t inside = vreinterpretq_u8_u32(vdupq_n_u32(mask));
  UNROLL for (int q = 0; q < 4; q++) {
    const float32x4_t multiplier = vld1q_f32(part->multiplier + 4 * q);
    const float32x4_t bias = vld1q_f32(part->bias + 4 * q);
    int32x4_t value[4];
    UNROLL for (int p = 0; p < 4; p++) value[p] = quantized(sum[p][q], multiplier, bias);
    const uint8x16_t bytes = saturated(value[0], value[1], value[2], value[3]);
    out->channels[q] = centred(vandq_u8(vqtbl1q_u8(bytes, transposed), inside));
  }
}

/// The pixels of a group from `pixel` on that lie within a row, as a mask of an element's bytes.
INLINE uint32_t inside(ptrdiff_t pixel, ptrdiff_t width) {
  const uint32_t left = pixel < 0 ? ~0u << -8 * pixel : ~0u;
  return width - pixel < 4 ? left & ~0u >> (32 - 8 * (width - pixel)) : left;
}

INLINE void clear(group *ring, size_t count) {
  const int8x16_t zero = centred(vdupq_n_u8(0));
  for (size_t g = 0; g < count; g++) ring[g] = (group){{zero, zero, zero, zero}};
}

/// Row `row` of the expanded tensor, interleaved, for 16 channels.
static void expand_row(const tl_u8s8_expand_depthwise *a, const part *part, size_t row,
                       size_t groups, group *ring) {
  const tl_u8s8_convolution *e = &a->expand;
  const uint8_t *const *rows = e->x_rows + row * e->row_step;
  const ptrdiff_t step = (ptrdiff_t)e->x_pixel_stride, width = (ptrdiff_t)e->width;
  ptrdiff_t pixel = -(ptrdiff_t)a->pad_left;
  int32x4_t sum[4][4];
  size_t g = 0;
  // A group may begin or end beyond the row, whose last pixel alone needn't cost four.
  for (; g < groups && pixel + 1 < width; g++, pixel += 4) {
    expand_sums(4, e, part, rows, pixel * step, sum);
    expand_write(part, sum, inside(pixel, width), ring + g);
  }
  if (g < groups && pixel < width) {
    expand_sums(1, e, part, rows, pixel * step, sum);
    expand_write(part, sum, inside(pixel, width), ring + g++);
  }
  clear(ring + g, groups - g);
}

/// `vectors` x 16 channels from `first` on.
INLINE void block(const int stride, const tl_u8s8_expand_depthwise *a, size_t first,
                  size_t vectors) {
  group ring[3][VECTORS_MAX][GROUPS_MAX];
  part parts[VECTORS_MAX];
  for (size_t v = 0; v < vectors; v++) parts[v] = part_of(&a->expand, first, vectors, v);
  const tl_u8s8_depthwise *d = &a->depthwise;
  const size_t groups = (d->width + 3) / 4 * (size_t)stride + 1;
  size_t ready = 0;
  for (size_t row = 0; row < d->rows; row++) {
    const size_t top = row * (size_t)stride;
    for (; ready < top + 3; ready++) {
      // Rows of padding wrap around and lie beyond the last one, too.
      const size_t expanded = ready - a->pad_top;
      for (size_t v = 0; v < vectors; v++)
        if (expanded < a->expand.rows)
          expand_row(a, parts + v, expanded, groups, ring[ready % 3][v]);
        else
          clear(ring[ready % 3][v], groups);
    }
    uint8_t *y = d->y + row * d->y_row_stride + first;
    for (size_t v = 0; v < vectors; v++) {
      const group *const rows[3] = {ring[top % 3][v], ring[(top + 1) % 3][v],
                                    ring[(top + 2) % 3][v]};
      depthwise_row(stride, d, first + 16 * v, rows, y + 16 * v);
    }
  }
}

void u8s8_expand_depthwise_neondot(const tl_u8s8_expand_depthwise *a) {
  for (size_t first = 0; first < a->depthwise.channels;) {
    const size_t vectors = tl_block_vectors(a->depthwise.channels - first);
    if (a->depthwise.stride == 1)
      block(1, a, first, vectors);
    else
      block(2, a, first, vectors);
    first += 16 * vectors;
  }
}

#pragma clang attribute pop
#endif
