// What the depthwise kernels with NEON's dot product share: output rows from input rows that are
// interleaved, four neighbouring pixels of a channel in each 32-bit element, and centred.
#include "u8_neon.h"

/// Four pixels of 16 channels, four channels to a vector.
typedef struct group {
  int8x16_t channels[4];
} group;

enum { GROUPS_MAX = TL_U8_GROUPS_MAX };

/// The last two pixels of a group behind the first two of the next one: x4 x5 x2 x3.
INLINE int8x16_t between(int8x16_t x0123, int8x16_t x4567) {
  return vbslq_s8(vreinterpretq_u8_u32(vdupq_n_u32(0xffff0000)), x0123, x4567);
}

/// Four output pixels of four channels; `x` holds of each kernel row the group carried over from
/// the pixels before, and becomes what the next ones carry on.
INLINE void sum_taps(const int stride, int8x16_t x[3], const group *const next[3], int quarter,
                     int8x16_t w[3][TL_U8_DEPTHWISE_ARRANGEMENTS], int32x4_t start,
                     int32x4_t sum[4]) {
  UNROLL for (int p = 0; p < 4; p++) sum[p] = start;
  UNROLL for (int ky = 0; ky < 3; ky++) {
    const int8x16_t x0 = x[ky], x1 = next[ky][0].channels[quarter];
    sum[0] = vdotq_s32(sum[0], x0, w[ky][0]);
    const int8x16_t middle = between(x0, x1);
    if (stride == 1) {
      sum[1] = vdotq_s32(sum[1], x0, w[ky][1]);
      sum[2] = vdotq_s32(sum[2], middle, w[ky][2]);
      sum[3] = vdotq_s32(sum[3], middle, w[ky][3]);
      x[ky] = x1;
    } else {
      const int8x16_t x2 = next[ky][1].channels[quarter];
      sum[1] = vdotq_s32(sum[1], middle, w[ky][2]);
      sum[2] = vdotq_s32(sum[2], x1, w[ky][0]);
      sum[3] = vdotq_s32(sum[3], between(x1, x2), w[ky][2]);
      x[ky] = x2;
    }
  }
}

/// Four bytes to each of up to four pixels.
INLINE void write_pixels(uint8x16_t bytes, uint8_t *y, size_t stride, size_t count) {
  if (count >= 4) {
    store_apart(bytes, y, stride);
    return;
  }
  const uint32x4_t words = vreinterpretq_u32_u8(bytes);
  vst1q_lane_u32((uint32_t *)y, words, 0);
  if (count > 1)
    vst1q_lane_u32((uint32_t *)(y + stride), words, 1);
  if (count > 2)
    vst1q_lane_u32((uint32_t *)(y + 2 * stride), words, 2);
}

/// One output row of 16 channels from interleaved input rows. Four channels at a time go over it,
/// with their weights in registers.
INLINE void depthwise_row(const int stride, const tl_u8s8_depthwise *a, size_t c,
                          const group *const rows[3], uint8_t *y) {
  // Bytes may overlap anything, for all that the compiler knows, but not this.
  const size_t y_pixel_stride = a->y_pixel_stride;
  const int8_t *weight = a->interleaved + c / 16 * TL_U8_DEPTHWISE_GROUP;
  for (int quarter = 0; quarter < 4; quarter++) {
    int8x16_t w[3][TL_U8_DEPTHWISE_ARRANGEMENTS];
    int32x4_t start = vdupq_n_s32(0);
    UNROLL for (int ky = 0; ky < 3; ky++) {
      UNROLL for (int k = 0; k < TL_U8_DEPTHWISE_ARRANGEMENTS; k++) w[ky][k] = vld1q_s8(
          weight + (ky * TL_U8_DEPTHWISE_ARRANGEMENTS + k) * 64 + quarter * 16);
      start = vpadalq_s16(start, vpaddlq_s8(w[ky][0]));
    }
    start = vshlq_n_s32(start, 7);
    const size_t first = c + 4 * (size_t)quarter;
    const float32x4_t multiplier = vld1q_f32(a->multiplier + first);
    const float32x4_t bias = vld1q_f32(a->bias + first);
    const group *next[3];
    int8x16_t x[3];
    UNROLL for (int ky = 0; ky < 3; ky++) {
      x[ky] = rows[ky]->channels[quarter];
      next[ky] = rows[ky] + 1;
    }
    uint8_t *to = y + 4 * quarter;
    for (size_t left = a->width;;) {
      int32x4_t sum[4];
      sum_taps(stride, x, next, quarter, w, start, sum);
      UNROLL for (int p = 0; p < 4; p++) sum[p] = quantized(sum[p], multiplier, bias);
      write_pixels(saturated(sum[0], sum[1], sum[2], sum[3]), to, y_pixel_stride, left);
      if (left <= 4)
        break;
      left -= 4;
      to += 4 * y_pixel_stride;
      UNROLL for (int ky = 0; ky < 3; ky++) next[ky] += stride;
    }
  }
}
