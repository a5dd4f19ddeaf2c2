#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)

#define CONVOLUTION u8s8_convolution_avx512vnni
#define DOT(sum, x, w) _mm512_dpbusd_epi32(sum, x, w)
#include "u8s8_avx512.h"

/// Four neighbouring pixels of 64 channels as four vectors of one 32-bit element a channel.
INLINE void interleave(const uint8_t *x, size_t stride, __m512i out[4]) {
  const __m512i p0 = _mm512_loadu_si512(x), p1 = _mm512_loadu_si512(x + stride);
  const __m512i p2 = _mm512_loadu_si512(x + 2 * stride), p3 = _mm512_loadu_si512(x + 3 * stride);
  const __m512i low01 = _mm512_unpacklo_epi8(p0, p1), high01 = _mm512_unpackhi_epi8(p0, p1);
  const __m512i low23 = _mm512_unpacklo_epi8(p2, p3), high23 = _mm512_unpackhi_epi8(p2, p3);
  out[0] = _mm512_unpacklo_epi16(low01, low23);
  out[1] = _mm512_unpackhi_epi16(low01, low23);
  out[2] = _mm512_unpacklo_epi16(high01, high23);
  out[3] = _mm512_unpackhi_epi16(high01, high23);
}

/// Writes up to 64 channels: `channels` is a multiple of 16.
INLINE void store(uint8_t *y, __m512i bytes, size_t channels) {
  if (channels >= 64) {
    _mm512_storeu_si512(y, bytes);
    return;
  }
  if (channels == 16) {
    _mm_storeu_si128((__m128i *)y, _mm512_castsi512_si128(bytes));
    return;
  }
  _mm256_storeu_si256((__m256i *)y, _mm512_castsi512_si256(bytes));
  if (channels == 48)
    _mm_storeu_si128((__m128i *)(y + 32), _mm512_extracti32x4_epi32(bytes, 2));
}

/// The arrangements of a kernel row's weights.
enum { W012_, _W012, __W01, W2___, ___W0, W12__, ARRANGEMENTS };

/// One output row of 64 channels or fewer of a 3x3 depthwise convolution. Each group of four input
/// pixels is interleaved once and serves all outputs whose taps it holds.
INLINE void depthwise_row(const int stride, const tl_u8s8_depthwise *a, size_t row, size_t c) {
  const size_t channels = a->channels - c < 64 ? a->channels - c : 64;
  const int8_t *weight = a->interleaved + c / 64 * TL_U8_DEPTHWISE_BLOCK;
  uint8_t *y = a->y + row * a->y_row_stride + c;
  __m512i now[3][4], next[3][4];
  const int outputs = stride == 1 ? 4 : 2;
  const uint8_t *x[3];
  UNROLL for (int ky = 0; ky < 3; ky++) {
    x[ky] = a->rows[row * a->stride + ky] + c;
    interleave(x[ky], a->x_pixel_stride, now[ky]);
  }
  for (size_t pixel = 0; pixel < a->width; pixel += outputs) {
    UNROLL for (int ky = 0; ky < 3; ky++) {
      x[ky] += 4 * a->x_pixel_stride;
      interleave(x[ky], a->x_pixel_stride, next[ky]);
    }
    __m512i value[4][4];
    UNROLL for (int v = 0; v < 4; v++) {
      __m512i sum[4];
      UNROLL for (int p = 0; p < 4; p++) sum[p] = _mm512_setzero_si512();
#define W(ky, arrangement)                                                                         \
  _mm512_loadu_si512(weight + (((ky) * ARRANGEMENTS + (arrangement)) * 4 + v) * 64)
      UNROLL for (int ky = 0; ky < 3; ky++) {
        if (stride == 1) {
          sum[0] = DOT(sum[0], now[ky][v], W(ky, W012_));
          sum[1] = DOT(sum[1], now[ky][v], W(ky, _W012));
          sum[2] = DOT(sum[2], now[ky][v], W(ky, __W01));
          sum[3] = DOT(sum[3], now[ky][v], W(ky, ___W0));
          sum[2] = DOT(sum[2], next[ky][v], W(ky, W2___));
          sum[3] = DOT(sum[3], next[ky][v], W(ky, W12__));
        } else {
          sum[0] = DOT(sum[0], now[ky][v], W(ky, W012_));
          sum[1] = DOT(sum[1], now[ky][v], W(ky, __W01));
          sum[1] = DOT(sum[1], next[ky][v], W(ky, W2___));
        }
      }
#undef W
      const __m512 multiplier = _mm512_loadu_ps(a->multiplier_interleaved + c + v * 16);
      const __m512 bias = _mm512_loadu_ps(a->bias_interleaved + c + v * 16);
      UNROLL for (int p = 0; p < outputs; p++) value[p][v] = quantized(sum[p], multiplier, bias);
    }
    UNROLL for (int p = 0; p < outputs; p++) {
      if (pixel + (size_t)p < a->width)
        store(y + (pixel + (size_t)p) * a->y_pixel_stride,
              _mm512_packus_epi16(_mm512_packs_epi32(value[p][0], value[p][1]),
                                  _mm512_packs_epi32(value[p][2], value[p][3])),
              channels);
    }
    UNROLL for (int ky = 0; ky < 3; ky++) UNROLL for (int v = 0; v < 4; v++) now[ky][v] =
        next[ky][v];
  }
}

void u8s8_depthwise_avx512vnni(const tl_u8s8_depthwise *a) {
  if (a->kernel_height != 3 || a->kernel_width != 3 || a->stride > 2) {
    u8s8_depthwise_avx2(a);
    return;
  }
  for (size_t c = 0; c < a->channels; c += 64)
    for (size_t row = 0; row < a->row_count; row++)
      if (a->stride == 1)
        depthwise_row(1, a, row, c);
      else
        depthwise_row(2, a, row, c);
}

#pragma clang attribute pop
#endif
