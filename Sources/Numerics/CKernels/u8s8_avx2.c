#if defined(__x86_64__)
#include <immintrin.h>

#include "variants.h"

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { TILE = 4 };

/// Adds the four products of each 32-bit element's bytes. They widen to 16 bits, even and odd ones
/// apart: vpmaddubsw would saturate.
INLINE __m256i dot(__m256i sum, __m256i x_even, __m256i x_odd, __m256i w) {
  const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8);
  const __m256i odd = _mm256_srai_epi16(w, 8);
  return _mm256_add_epi32(_mm256_add_epi32(sum, _mm256_madd_epi16(x_even, even)),
                          _mm256_madd_epi16(x_odd, odd));
}

INLINE __m256i rounded(__m256 x) {
  const __m256 low = _mm256_max_ps(x, _mm256_setzero_ps());
  return _mm256_cvtps_epi32(_mm256_min_ps(low, _mm256_set1_ps(255.0f)));
}

INLINE __m256i quantized(__m256i sum, __m256 multiplier, __m256 bias) {
  return rounded(_mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), multiplier, bias));
}

/// Four bytes each from two places, as 32-bit elements.
INLINE __m256i load_pair(const uint8_t *first, const uint8_t *second) {
  const __m128i low = _mm_cvtsi32_si128(*(const int *)first);
  return _mm256_cvtepu8_epi32(_mm_insert_epi32(low, *(const int *)second, 1));
}

/// The lowest byte of every element: four to each of two places.
INLINE void store_pair(__m256i value, uint8_t *first, uint8_t *second) {
  const __m256i words = _mm256_packs_epi32(value, value);
  const __m256i bytes = _mm256_packus_epi16(words, words);
  *(int *)first = _mm_cvtsi128_si32(_mm256_castsi256_si128(bytes));
  *(int *)second = _mm_cvtsi128_si32(_mm256_extracti128_si256(bytes, 1));
}

/// `height` pixels by half a vector of a panel: 8 channels, four each at `channel` and
/// `channel + gap`.
INLINE void tile(const int height, const tl_u8s8_convolution *a, const int8_t *panel,
                 size_t vectors, size_t scale_at, size_t channel, size_t gap, size_t row,
                 size_t pixel) {
  __m256i sum[TILE];
  UNROLL for (int p = 0; p < height; p++) sum[p] = _mm256_setzero_si256();
  const __m256i byte = _mm256_set1_epi16(0xff);
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t s = 0; s < a->segments; s++) {
      const uint8_t *x = a->x_rows[row * a->row_step + ky] + pixel * a->x_pixel_stride +
                         s * a->segment_stride;
      for (size_t k = 0; k < a->segment_length; k += 4, panel += 64 * vectors) {
        const __m256i w = _mm256_loadu_si256((const __m256i *)panel);
        UNROLL for (int p = 0; p < height; p++) {
          const __m256i value =
              _mm256_set1_epi32(*(const int *)(x + (size_t)p * a->x_pixel_stride + k));
          sum[p] = dot(sum[p], _mm256_and_si256(value, byte), _mm256_srli_epi16(value, 8), w);
        }
      }
    }
  const __m256 multiplier = _mm256_loadu_ps(a->multiplier + scale_at);
  const __m256 bias = _mm256_loadu_ps(a->bias + scale_at);
  const tl_u8_residual *r = &a->residual;
  UNROLL for (int p = 0; p < height; p++) {
    __m256i value = quantized(sum[p], multiplier, bias);
    if (r->x) {
      const uint8_t *other =
          r->x + row * r->row_stride + (pixel + (size_t)p) * r->pixel_stride + channel;
      const __m256 scaled = _mm256_mul_ps(
          _mm256_sub_ps(_mm256_cvtepi32_ps(load_pair(other, other + gap)),
                        _mm256_set1_ps(r->r_zero)),
          _mm256_set1_ps(r->r_scale));
      const __m256 q = _mm256_sub_ps(_mm256_cvtepi32_ps(value), _mm256_set1_ps(r->q_zero));
      value = rounded(_mm256_add_ps(_mm256_fmadd_ps(q, _mm256_set1_ps(r->q_scale), scaled),
                                    _mm256_set1_ps(r->y_zero)));
    }
    uint8_t *y = a->y + row * a->y_row_stride + (pixel + (size_t)p) * a->y_pixel_stride + channel;
    store_pair(value, y, y + gap);
  }
}

void u8s8_convolution_avx2(const tl_u8s8_convolution *a) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    for (size_t part = 0; part < 2 * vectors; part++) {
      const size_t vector = part / 2, lane = part % 2 * 2, gap = 4 * vectors;
      const int8_t *panel = a->packed + first * taps + part * 32;
      const size_t channel = first + gap * lane + 4 * vector;
      for (size_t row = 0; row < a->rows; row++) {
        size_t pixel = 0;
        for (; pixel + TILE <= a->width; pixel += TILE)
          tile(TILE, a, panel, vectors, first + part * 8, channel, gap, row, pixel);
        for (; pixel < a->width; pixel++)
          tile(1, a, panel, vectors, first + part * 8, channel, gap, row, pixel);
      }
    }
    first += 16 * vectors;
  }
}

INLINE __m256i words(const uint8_t *x) {
  return _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)x));
}

/// 16 channels of one output pixel, any kernel: taps go in pairs through vpmaddwd.
INLINE void depthwise_pixel(const tl_u8s8_depthwise *a, size_t row, size_t pixel, size_t c) {
  const size_t taps = a->kernel_height * a->kernel_width;
  __m256i low = _mm256_setzero_si256(), high = _mm256_setzero_si256();
  __m256i x[2] = {low, low}, w[2] = {low, low};
  size_t tap = 0;
  for (size_t ky = 0; ky < a->kernel_height; ky++) {
    const uint8_t *from = a->x_rows[row * a->stride + ky] + pixel * a->stride * a->x_pixel_stride + c;
    for (size_t kx = 0; kx < a->kernel_width; kx++, tap++, from += a->x_pixel_stride) {
      x[tap % 2] = words(from);
      w[tap % 2] = _mm256_cvtepi8_epi16(
          _mm_loadu_si128((const __m128i *)(a->packed + tap * a->channels + c)));
      const int is_last = tap + 1 == taps;
      if (tap % 2 == 0) {
        if (!is_last)
          continue;
        x[1] = _mm256_setzero_si256();
      }
      low = _mm256_add_epi32(low, _mm256_madd_epi16(_mm256_unpacklo_epi16(x[0], x[1]),
                                                    _mm256_unpacklo_epi16(w[0], w[1])));
      high = _mm256_add_epi32(high, _mm256_madd_epi16(_mm256_unpackhi_epi16(x[0], x[1]),
                                                      _mm256_unpackhi_epi16(w[0], w[1])));
    }
  }
  // Unpacking left channels 0-3 and 8-11 in the low sums, 4-7 and 12-15 in the high ones.
  const __m256i first = _mm256_permute2x128_si256(low, high, 0x20);
  const __m256i second = _mm256_permute2x128_si256(low, high, 0x31);
  const __m256i q0 = quantized(first, _mm256_loadu_ps(a->multiplier + c),
                               _mm256_loadu_ps(a->bias + c));
  const __m256i q1 = quantized(second, _mm256_loadu_ps(a->multiplier + c + 8),
                               _mm256_loadu_ps(a->bias + c + 8));
  const __m256i packed = _mm256_permute4x64_epi64(_mm256_packs_epi32(q0, q1), 0xd8);
  const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(packed),
                                         _mm256_extracti128_si256(packed, 1));
  _mm_storeu_si128((__m128i *)(a->y + row * a->y_row_stride + pixel * a->y_pixel_stride + c),
                   bytes);
}

void u8s8_depthwise_avx2(const tl_u8s8_depthwise *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c += 16)
        depthwise_pixel(a, row, pixel, c);
}

void u8_average_pool_avx2(const tl_u8_average_pool *a) {
  const __m256i offset = _mm256_set1_epi32(a->offset);
  for (size_t c = 0; c < a->channels; c += 8) {
    __m256i sum = _mm256_setzero_si256();
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        sum = _mm256_add_epi32(
            sum, _mm256_cvtepu8_epi32(_mm_loadl_epi64(
                     (const __m128i *)(a->x + row * a->x_row_stride + pixel * a->x_pixel_stride +
                                       c))));
    _mm256_storeu_ps(a->y + c, _mm256_mul_ps(_mm256_cvtepi32_ps(_mm256_sub_epi32(sum, offset)),
                                             _mm256_set1_ps(a->scale)));
  }
}

void u8_widen_pixels_avx2(const uint8_t *rgb, size_t pixels, uint8_t *y) {
  // Four pixels to a lane, then apart.
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 0, 3, 4, 5, 0);
  const __m256i apart = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11, -1));
  size_t pixel = 0;
  // A load reads the pixels of 32 bytes: 8 and most of 3 more.
  for (; pixel + 11 <= pixels; pixel += 8) {
    const __m256i bytes = _mm256_loadu_si256((const __m256i *)(rgb + 3 * pixel));
    _mm256_storeu_si256((__m256i *)(y + 4 * pixel),
                        _mm256_shuffle_epi8(_mm256_permutevar8x32_epi32(bytes, lanes), apart));
  }
  u8_widen_pixels_scalar(rgb + 3 * pixel, pixels - pixel, y + 4 * pixel);
}

#pragma clang attribute pop
#endif
