#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)

#define CONVOLUTION u8s8_convolution_avx512vnni
#define DOT(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)
#include "u8s8_avx512.h"

/// Transposes dwords between lanes: dword j of lane l goes to dword l of lane j.
INLINE __m512i transposed(__m512i x) {
  return _mm512_permutexvar_epi32(
      _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), x);
}

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

/// Groups of four input pixels that a row may have; wider ones take the AVX2 kernel. The ring of
/// interleaved rows then takes 50 KB of the stack, and for common widths stays in the L1 cache.
enum { GROUPS_MAX = 65, VECTORS = 4 };

/// The last two pixels of a group behind the first two of the next one: x4 x5 x2 x3.
INLINE __m512i between(__m512i x0123, __m512i x4567) {
  return _mm512_mask_blend_epi16(0xaaaaaaaa, x4567, x0123);
}

/// The sums of four neighbouring output pixels of 16 channels; x[ky] points at their first group.
INLINE void sum_taps(const int stride, const __m512i *const x[3],
                     __m512i w[3][TL_U8_DEPTHWISE_ARRANGEMENTS], __m512i sum[4]) {
  UNROLL for (int p = 0; p < 4; p++) sum[p] = _mm512_setzero_si512();
  UNROLL for (int ky = 0; ky < 3; ky++) {
    const __m512i x0 = x[ky][0], x1 = x[ky][1];
    sum[0] = DOT(sum[0], x0, w[ky][0]);
    if (stride == 1) {
      const __m512i middle = between(x0, x1);
      sum[1] = DOT(sum[1], x0, w[ky][1]);
      sum[2] = DOT(sum[2], middle, w[ky][2]);
      sum[3] = DOT(sum[3], middle, w[ky][3]);
    } else {
      sum[1] = DOT(sum[1], between(x0, x1), w[ky][2]);
      sum[2] = DOT(sum[2], x1, w[ky][0]);
      sum[3] = DOT(sum[3], between(x1, x[ky][2]), w[ky][2]);
    }
  }
}

/// Quantizes and writes up to four pixels of 16 channels.
INLINE void write_sums(const __m512i sum[4], __m512 multiplier, __m512 bias, uint8_t *y,
                       size_t stride, size_t count) {
  __m512i value[4];
  UNROLL for (int p = 0; p < 4; p++) value[p] = quantized(sum[p], multiplier, bias);
  const __m512i bytes = transposed(_mm512_packus_epi16(_mm512_packs_epi32(value[0], value[1]),
                                                       _mm512_packs_epi32(value[2], value[3])));
  _mm_storeu_si128((__m128i *)y, _mm512_castsi512_si128(bytes));
  if (count > 1)
    _mm_storeu_si128((__m128i *)(y + stride), _mm512_extracti32x4_epi32(bytes, 1));
  if (count > 2)
    _mm_storeu_si128((__m128i *)(y + 2 * stride), _mm512_extracti32x4_epi32(bytes, 2));
  if (count > 3)
    _mm_storeu_si128((__m128i *)(y + 3 * stride), _mm512_extracti32x4_epi32(bytes, 3));
}

/// One output row of 16 channels from interleaved input rows; the weights stay in registers.
INLINE void depthwise_row(const int stride, const tl_u8s8_depthwise *a, size_t c,
                          const __m512i *x[3], uint8_t *y) {
  __m512i w[3][TL_U8_DEPTHWISE_ARRANGEMENTS];
  UNROLL for (int ky = 0; ky < 3; ky++) UNROLL for (
      int k = 0; k < TL_U8_DEPTHWISE_ARRANGEMENTS; k++) w[ky][k] =
      _mm512_loadu_si512(a->interleaved + c / 16 * TL_U8_DEPTHWISE_GROUP +
                         (ky * TL_U8_DEPTHWISE_ARRANGEMENTS + k) * 64);
  const __m512 multiplier = _mm512_loadu_ps(a->multiplier + c);
  const __m512 bias = _mm512_loadu_ps(a->bias + c);
  // A tile's sums are written while the next one's add up: either alone would wait for itself.
  __m512i sum[4], next[4];
  sum_taps(stride, x, w, sum);
  size_t left = a->width;
  for (; left > 4; left -= 4) {
    UNROLL for (int ky = 0; ky < 3; ky++) x[ky] += stride;
    sum_taps(stride, x, w, next);
    write_sums(sum, multiplier, bias, y, a->y_pixel_stride, 4);
    y += 4 * a->y_pixel_stride;
    UNROLL for (int p = 0; p < 4; p++) sum[p] = next[p];
  }
  write_sums(sum, multiplier, bias, y, a->y_pixel_stride, left);
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
