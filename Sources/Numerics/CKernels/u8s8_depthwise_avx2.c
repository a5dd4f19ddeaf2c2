#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "u8s8_avx2.h"

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

// 3x3 kernels: two rows of input lie interleaved, so that vpmaddwd adds the products of both. Two rows
// of output share them, and the next two take over the lower pair.

/// Columns of input that a row may have; the others go pixel by pixel.
enum { COLUMNS_MAX = 260 };

/// Two rows of 16 channels, widened: [half][column]. Tiles of four pixels reach beyond a row.
typedef __m256i row_pair[2][COLUMNS_MAX + 6];

INLINE void interleave(const uint8_t *first, const uint8_t *second, size_t step, size_t columns,
                       row_pair pair) {
  for (size_t column = 0; column < columns; column++) {
    const __m128i a = _mm_loadu_si128((const __m128i *)(first + column * step));
    const __m128i b = _mm_loadu_si128((const __m128i *)(second + column * step));
    pair[0][column] = _mm256_cvtepu8_epi16(_mm_unpacklo_epi8(a, b));
    pair[1][column] = _mm256_cvtepu8_epi16(_mm_unpackhi_epi8(a, b));
  }
}

/// The weights of 8 channels for an output row: [row pair][column]. The upper pair is met whole by the
/// first output row, and the lower one by its first row alone; the second output row lies one lower.
typedef __m256i pair_weights[2][2][3];

INLINE void load_weights(const tl_u8s8_depthwise *a, size_t c, pair_weights w) {
  const __m128i zero = _mm_setzero_si128();
  UNROLL for (size_t kx = 0; kx < 3; kx++) {
    __m128i k[3];
    UNROLL for (size_t ky = 0; ky < 3; ky++) k[ky] =
        _mm_loadl_epi64((const __m128i *)(a->packed + (3 * ky + kx) * a->channels + c));
    w[0][0][kx] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(k[0], k[1]));
    w[0][1][kx] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(k[2], zero));
    w[1][0][kx] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(zero, k[0]));
    w[1][1][kx] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(k[1], k[2]));
  }
}

INLINE __m256i sum_of(const __m256i *upper, const __m256i *lower, __m256i w[2][3]) {
  __m256i sum = _mm256_madd_epi16(upper[0], w[0][0]);
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(lower[0], w[1][0]));
  UNROLL for (int kx = 1; kx < 3; kx++) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(upper[kx], w[0][kx]));
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(lower[kx], w[1][kx]));
  }
  return sum;
}

/// One or two rows of 8 output channels: `rows` rows of two pixels, or one row of four.
INLINE void rows_of(const int rows, const int stride, const tl_u8s8_depthwise *a,
                    const __m256i *upper, const __m256i *lower, size_t c, uint8_t *y) {
  pair_weights w;
  load_weights(a, c, w);
  const __m256 multiplier = _mm256_loadu_ps(a->multiplier + c);
  const __m256 bias = _mm256_loadu_ps(a->bias + c);
  const size_t pixels = 4 / (size_t)rows, step = a->y_pixel_stride, row_step = a->y_row_stride;
  for (size_t left = a->width;; left -= pixels) {
    __m256i sum[4];
    uint8_t *to[4];
    UNROLL for (size_t i = 0; i < 4; i++) {
      const size_t row = i % (size_t)rows, p = i / (size_t)rows;
      // What lies beyond the row is computed from what the buffer held, and left out.
      const size_t column = p * (size_t)stride;
      sum[i] = sum_of(upper + column, lower + column, w[row]);
      to[i] = y + row * row_step + p * step;
    }
    if (left <= pixels) {
      write_outputs(sum, multiplier, bias, to, left * (size_t)rows);
      break;
    }
    write_outputs(sum, multiplier, bias, to, 4);
    upper += pixels * (size_t)stride;
    lower += pixels * (size_t)stride;
    y += pixels * step;
  }
}

INLINE void depthwise_3x3(const int stride, const tl_u8s8_depthwise *a, size_t c) {
  row_pair pairs[2];
  const size_t columns = (a->width - 1) * (size_t)stride + 3;
  const size_t last = (a->rows - 1) * (size_t)stride + 2;
  const size_t step = stride == 1 ? 2 : 1;
  interleave(a->x_rows[0] + c, a->x_rows[1] + c, a->x_pixel_stride, columns, pairs[0]);
  int upper = 0;
  for (size_t row = 0; row < a->rows; row += step, upper = !upper) {
    const size_t next = row * (size_t)stride + 2;
    // The row below the last one meets weights of 0, or is left out.
    interleave(a->x_rows[next] + c, a->x_rows[next < last ? next + 1 : next] + c,
               a->x_pixel_stride, columns, pairs[!upper]);
    uint8_t *y = a->y + row * a->y_row_stride + c;
    UNROLL for (size_t half = 0; half < 2; half++) {
      const __m256i *u = pairs[upper][half], *l = pairs[!upper][half];
      if (stride == 1 && row + 1 < a->rows)
        rows_of(2, stride, a, u, l, c + 8 * half, y + 8 * half);
      else
        rows_of(1, stride, a, u, l, c + 8 * half, y + 8 * half);
    }
  }
}

void u8s8_depthwise_avx2(const tl_u8s8_depthwise *a) {
  const size_t columns = (a->width - 1) * a->stride + 3;
  const bool is_3x3 = a->kernel_height == 3 && a->kernel_width == 3;
  if (is_3x3 && a->stride <= 2 && columns <= COLUMNS_MAX) {
    for (size_t c = 0; c < a->channels; c += 16)
      if (a->stride == 1)
        depthwise_3x3(1, a, c);
      else
        depthwise_3x3(2, a, c);
    return;
  }
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c += 16)
        depthwise_pixel(a, row, pixel, c);
}

#pragma clang attribute pop
#endif
