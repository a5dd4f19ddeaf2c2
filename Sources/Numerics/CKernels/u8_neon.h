// What the int8 kernels for NEON share: from sums to bytes.
#ifndef TL_U8_NEON_H
#define TL_U8_NEON_H

#include <arm_neon.h>

#include "variants.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// x - 128, so that both factors of a product are signed: the products' sum then lacks 128 times
/// the sum of the weights.
INLINE int8x16_t centred(uint8x16_t x) {
  return vreinterpretq_s8_u8(veorq_u8(x, vdupq_n_u8(0x80)));
}

INLINE int32x4_t quantized(int32x4_t sum, float32x4_t multiplier, float32x4_t bias) {
  return vcvtnq_s32_f32(vfmaq_f32(bias, vcvtq_f32_s32(sum), multiplier));
}

/// 16 values, each saturated to a byte.
INLINE uint8x16_t saturated(int32x4_t v0, int32x4_t v1, int32x4_t v2, int32x4_t v3) {
  const int16x8_t low = vqmovn_high_s32(vqmovn_s32(v0), v1);
  const int16x8_t high = vqmovn_high_s32(vqmovn_s32(v2), v3);
  return vqmovun_high_s16(vqmovun_s16(low), high);
}

/// One to three times four bytes, without reading beyond them.
INLINE uint8x16_t last_taps(const uint8_t *x, size_t fours) {
  uint32x4_t taps = vld1q_dup_u32((const uint32_t *)x);
  if (fours > 1)
    taps = vld1q_lane_u32((const uint32_t *)(x + 4), taps, 1);
  if (fours > 2)
    taps = vld1q_lane_u32((const uint32_t *)(x + 8), taps, 2);
  return vreinterpretq_u8_u32(taps);
}

/// 8 values, each saturated to a byte.
INLINE uint8x8_t saturated_half(int32x4_t v0, int32x4_t v1) {
  return vqmovun_s16(vqmovn_high_s32(vqmovn_s32(v0), v1));
}

/// 16 bytes as floats.
INLINE void floats_of(uint8x16_t bytes, float32x4_t out[4]) {
  const uint16x8_t low = vmovl_u8(vget_low_u8(bytes)), high = vmovl_high_u8(bytes);
  out[0] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(low)));
  out[1] = vcvtq_f32_u32(vmovl_high_u16(low));
  out[2] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(high)));
  out[3] = vcvtq_f32_u32(vmovl_high_u16(high));
}

/// Four bytes to each of four places.
INLINE void store_apart(uint8x16_t bytes, uint8_t *y, size_t gap) {
  const uint32x4_t words = vreinterpretq_u32_u8(bytes);
  vst1q_lane_u32((uint32_t *)y, words, 0);
  vst1q_lane_u32((uint32_t *)(y + gap), words, 1);
  vst1q_lane_u32((uint32_t *)(y + 2 * gap), words, 2);
  vst1q_lane_u32((uint32_t *)(y + 3 * gap), words, 3);
}

#endif
