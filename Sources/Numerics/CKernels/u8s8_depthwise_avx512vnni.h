// What the depthwise kernels with VNNI share: output rows from input rows that are interleaved, four
// neighbouring pixels of a channel in each 32-bit element.
#include <immintrin.h>

#include "variants.h"

#ifndef INLINE
#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")
#endif
#define DOT(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)

INLINE __m512i quantized(__m512i sum, __m512 multiplier, __m512 bias) {
  return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), multiplier, bias));
}

/// Transposes dwords between lanes: dword j of lane l goes to dword l of lane j.
INLINE __m512i transposed(__m512i x) {
  return _mm512_permutexvar_epi32(
      _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), x);
}

enum { GROUPS_MAX = TL_U8_GROUPS_MAX, VECTORS = 4 };

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
