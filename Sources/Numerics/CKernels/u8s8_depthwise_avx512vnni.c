#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)

#include "u8s8_depthwise_avx512vnni.h"

/// 16 channels of four neighbouring pixels, as one 32-bit element for each channel.
INLINE __m512i interleaved(const uint8_t *x, size_t stride) {
  __m512i lanes = _mm512_castsi128_si512(_mm_loadu_si128((const __m128i *)x));
  lanes = _mm512_mask_broadcast_i32x4(lanes, 0x00f0, _mm_loadu_si128((const __m128i *)(x + stride)));
  lanes =
      _mm512_mask_broadcast_i32x4(lanes, 0x0f00, _mm_loadu_si128((const __m128i *)(x + 2 * stride)));
  lanes =
      _mm512_mask_broadcast_i32x4(lanes, 0xf000, _mm_loadu_si128((const __m128i *)(x + 3 * stride)));
  const __m512i bytes = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  return _mm512_shuffle_epi8(transposed(lanes), bytes);
}

/// The same for 64 channels: four vectors.
INLINE void interleave(const uint8_t *x, size_t stride, __m512i out[4]) {
  const __m512i p0 = _mm512_loadu_si512(x), p1 = _mm512_loadu_si512(x + stride);
  const __m512i p2 = _mm512_loadu_si512(x + 2 * stride), p3 = _mm512_loadu_si512(x + 3 * stride);
  const __m512i low01 = _mm512_unpacklo_epi8(p0, p1), high01 = _mm512_unpackhi_epi8(p0, p1);
  const __m512i low23 = _mm512_unpacklo_epi8(p2, p3), high23 = _mm512_unpackhi_epi8(p2, p3);
  // Lane l of vector q now holds channels 16 l + 4 q to 16 l + 4 q + 3: transpose the lanes.
  const __m512i q0 = _mm512_unpacklo_epi16(low01, low23), q1 = _mm512_unpackhi_epi16(low01, low23);
  const __m512i q2 = _mm512_unpacklo_epi16(high01, high23),
                q3 = _mm512_unpackhi_epi16(high01, high23);
  const __m512i first01 = _mm512_shuffle_i32x4(q0, q1, 0x44);
  const __m512i first23 = _mm512_shuffle_i32x4(q2, q3, 0x44);
  const __m512i last01 = _mm512_shuffle_i32x4(q0, q1, 0xee);
  const __m512i last23 = _mm512_shuffle_i32x4(q2, q3, 0xee);
  out[0] = _mm512_shuffle_i32x4(first01, first23, 0x88);
  out[1] = _mm512_shuffle_i32x4(first01, first23, 0xdd);
  out[2] = _mm512_shuffle_i32x4(last01, last23, 0x88);
  out[3] = _mm512_shuffle_i32x4(last01, last23, 0xdd);
}

/// Up to 64 channels of a 3x3 depthwise convolution. Every input row is interleaved once, whole cache
/// lines at a time, into a ring of three rows.
INLINE void depthwise_3x3(const int stride, const tl_u8s8_depthwise *a, size_t c) {
  __m512i ring[3][VECTORS][GROUPS_MAX];
  const size_t left = (a->channels - c) / 16;
  const size_t vectors = left < VECTORS ? left : VECTORS;
  const size_t groups = (a->width + 3) / 4 * (size_t)stride + 1;
  size_t ready = 0;
  for (size_t row = 0; row < a->rows; row++) {
    const size_t first = row * (size_t)stride;
    for (; ready < first + 3; ready++) {
      const uint8_t *x = a->x_rows[ready] + c;
      for (size_t group = 0; group < groups; group++, x += 4 * a->x_pixel_stride) {
        if (vectors == 1) {
          ring[ready % 3][0][group] = interleaved(x, a->x_pixel_stride);
          continue;
        }
        __m512i all[VECTORS];
        interleave(x, a->x_pixel_stride, all);
        for (size_t v = 0; v < vectors; v++) ring[ready % 3][v][group] = all[v];
      }
    }
    uint8_t *y = a->y + row * a->y_row_stride + c;
    for (size_t v = 0; v < vectors; v++) {
      const __m512i *x[3] = {ring[first % 3][v], ring[(first + 1) % 3][v],
                             ring[(first + 2) % 3][v]};
      depthwise_row(stride, a, c + 16 * v, x, y + 16 * v);
    }
  }
}

void u8s8_depthwise_avx512vnni(const tl_u8s8_depthwise *a) {
  const size_t groups = (a->width + 3) / 4 * a->stride + 1;
  if (a->kernel_height != 3 || a->kernel_width != 3 || a->stride > 2 || groups > GROUPS_MAX) {
    u8s8_depthwise_avx2(a);
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
