#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,avxvnni"))), apply_to = function)

#include "u8s8_avx2.h"

#define DOT(sum, x, w) _mm256_dpbusd_avx_epi32(sum, x, w)

enum { GROUPS_MAX = TL_U8_GROUPS_MAX };

/// A row of 16 channels: of each half, and each four neighbouring pixels, an element for a channel.
typedef __m256i groups_of_row[2][GROUPS_MAX];

INLINE void interleave(const uint8_t *x, size_t step, size_t groups, groups_of_row row) {
  for (size_t group = 0; group < groups; group++, x += 4 * step) {
    __m128i p[4];
    UNROLL for (size_t i = 0; i < 4; i++) p[i] = _mm_loadu_si128((const __m128i *)(x + i * step));
    const __m128i low01 = _mm_unpacklo_epi8(p[0], p[1]), low23 = _mm_unpacklo_epi8(p[2], p[3]);
    const __m128i high01 = _mm_unpackhi_epi8(p[0], p[1]), high23 = _mm_unpackhi_epi8(p[2], p[3]);
    __m128i *low = (__m128i *)&row[0][group], *high = (__m128i *)&row[1][group];
    _mm_store_si128(low, _mm_unpacklo_epi16(low01, low23));
    _mm_store_si128(low + 1, _mm_unpackhi_epi16(low01, low23));
    _mm_store_si128(high, _mm_unpacklo_epi16(high01, high23));
    _mm_store_si128(high + 1, _mm_unpackhi_epi16(high01, high23));
  }
}

/// The last two pixels of a group behind the first two of the next one: x4 x5 x2 x3.
INLINE __m256i between(__m256i x0123, __m256i x4567) {
  return _mm256_blend_epi16(x4567, x0123, 0xaa);
}

/// The sums of four neighbouring output pixels of 8 channels; x[ky] points at their first group.
INLINE void sum_taps(const int stride, const __m256i *const x[3],
                     __m256i w[3][TL_U8_DEPTHWISE_ARRANGEMENTS], __m256i sum[4]) {
  UNROLL for (int p = 0; p < 4; p++) sum[p] = _mm256_setzero_si256();
  UNROLL for (int ky = 0; ky < 3; ky++) {
    const __m256i x0 = x[ky][0], x1 = x[ky][1];
    sum[0] = DOT(sum[0], x0, w[ky][0]);
    if (stride == 1) {
      const __m256i middle = between(x0, x1);
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

/// One output row of 8 channels from interleaved input rows.
INLINE void row_of(const int stride, const tl_u8s8_depthwise *a, size_t c, const __m256i *x[3],
                   uint8_t *y) {
  __m256i w[3][TL_U8_DEPTHWISE_ARRANGEMENTS];
  UNROLL for (int ky = 0; ky < 3; ky++) UNROLL for (
      int k = 0; k < TL_U8_DEPTHWISE_ARRANGEMENTS; k++) w[ky][k] =
      _mm256_loadu_si256((const __m256i *)(a->interleaved + c / 16 * TL_U8_DEPTHWISE_GROUP +
                                           (ky * TL_U8_DEPTHWISE_ARRANGEMENTS + k) * 64 +
                                           c % 16 * 4));
  const __m256 multiplier = _mm256_loadu_ps(a->multiplier + c);
  const __m256 bias = _mm256_loadu_ps(a->bias + c);
  const size_t step = a->y_pixel_stride;
  for (size_t left = a->width;; left -= 4, y += 4 * step) {
    __m256i sum[4];
    uint8_t *const to[4] = {y, y + step, y + 2 * step, y + 3 * step};
    sum_taps(stride, x, w, sum);
    UNROLL for (int ky = 0; ky < 3; ky++) x[ky] += stride;
    if (left <= 4) {
      write_outputs(sum, multiplier, bias, to, left);
      break;
    }
    write_outputs(sum, multiplier, bias, to, 4);
  }
}

/// 16 channels of a 3x3 kernel. Every input row is interleaved once, into a ring of three rows.
INLINE void depthwise_3x3(const int stride, const tl_u8s8_depthwise *a, size_t c, size_t groups) {
  groups_of_row ring[3];
  size_t ready = 0;
  for (size_t row = 0; row < a->rows; row++) {
    const size_t first = row * (size_t)stride;
    for (; ready < first + 3; ready++)
      interleave(a->x_rows[ready] + c, a->x_pixel_stride, groups, ring[ready % 3]);
    for (size_t half = 0; half < 2; half++) {
      const __m256i *x[3] = {ring[first % 3][half], ring[(first + 1) % 3][half],
                             ring[(first + 2) % 3][half]};
      row_of(stride, a, c + 8 * half, x, a->y + row * a->y_row_stride + c + 8 * half);
    }
  }
}

void u8s8_depthwise_avxvnni(const tl_u8s8_depthwise *a) {
  const size_t groups = (a->width + 3) / 4 * a->stride + 1;
  if (a->kernel_height != 3 || a->kernel_width != 3 || a->stride > 2 || groups > GROUPS_MAX) {
    u8s8_depthwise_avx2(a);
    return;
  }
  for (size_t c = 0; c < a->channels; c += 16)
    if (a->stride == 1)
      depthwise_3x3(1, a, c, groups);
    else
      depthwise_3x3(2, a, c, groups);
}

#pragma clang attribute pop
#endif
