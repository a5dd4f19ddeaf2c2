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

// 3x3 and 5x5 kernels: two rows of input lie interleaved, so that vpmaddwd adds the products of both. Two
// rows of output share them, and the next two need just one pair more, which replaces the uppermost.

enum {
  /// Columns of input that a row may have; the others go pixel by pixel.
  COLUMNS_MAX = 260,
  LENGTH_MAX = 5,
  PAIRS_MAX = (LENGTH_MAX + 1) / 2
};

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

/// The weights of 8 channels: [output row][row pair][column]. The first output row begins with the first
/// row of the uppermost pair and leaves the last row of the lowest out; the second lies one lower.
typedef __m256i pair_weights[2][PAIRS_MAX][LENGTH_MAX];

INLINE void load_weights(const int size, const tl_u8s8_depthwise *a, size_t c, pair_weights w) {
  const int pairs = (size + 1) / 2;
  UNROLL for (int kx = 0; kx < size; kx++) {
    // What lies above and below the kernel.
    __m128i k[2 * PAIRS_MAX + 1];
    k[0] = k[2 * pairs] = _mm_setzero_si128();
    UNROLL for (int ky = 0; ky < size; ky++) k[ky + 1] = _mm_loadl_epi64(
        (const __m128i *)(a->packed + (size_t)(size * ky + kx) * a->channels + c));
    UNROLL for (int pair = 0; pair < pairs; pair++) {
      w[0][pair][kx] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(k[2 * pair + 1], k[2 * pair + 2]));
      w[1][pair][kx] = _mm256_cvtepi8_epi16(_mm_unpacklo_epi8(k[2 * pair], k[2 * pair + 1]));
    }
  }
}

INLINE __m256i sum_of(const int size, const __m256i *const x[PAIRS_MAX], size_t column,
                      __m256i w[PAIRS_MAX][LENGTH_MAX]) {
  __m256i sum = _mm256_madd_epi16(x[0][column], w[0][0]);
  UNROLL for (int kx = 0; kx < size; kx++) UNROLL for (int pair = 0; pair < (size + 1) / 2; pair++) {
    if (kx + pair > 0)
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x[pair][column + (size_t)kx], w[pair][kx]));
  }
  return sum;
}

/// One or two rows of 8 output channels: `rows` rows of two pixels, or one row of four.
INLINE void rows_of(const int size, const int rows, const int stride, const tl_u8s8_depthwise *a,
                    const __m256i *x[PAIRS_MAX], size_t c, pair_weights w, uint8_t *y) {
  const __m256 multiplier = _mm256_loadu_ps(a->multiplier + c);
  const __m256 bias = _mm256_loadu_ps(a->bias + c);
  const size_t pixels = 4 / (size_t)rows, step = a->y_pixel_stride, row_step = a->y_row_stride;
  for (size_t left = a->width;; left -= pixels) {
    __m256i sum[4];
    uint8_t *to[4];
    UNROLL for (size_t i = 0; i < 4; i++) {
      const size_t row = i % (size_t)rows, p = i / (size_t)rows;
      // What lies beyond the row is computed from what the buffer held, and left out.
      sum[i] = sum_of(size, x, p * (size_t)stride, w[row]);
      to[i] = y + row * row_step + p * step;
    }
    if (left <= pixels) {
      write_outputs(sum, multiplier, bias, to, left * (size_t)rows);
      break;
    }
    write_outputs(sum, multiplier, bias, to, 4);
    UNROLL for (int pair = 0; pair < (size + 1) / 2; pair++) x[pair] += pixels * (size_t)stride;
    y += pixels * step;
  }
}

INLINE void depthwise_square(const int size, const int stride, const tl_u8s8_depthwise *a, size_t c) {
  row_pair ring[PAIRS_MAX];
  pair_weights w[2];
  UNROLL for (size_t half = 0; half < 2; half++) load_weights(size, a, c + 8 * half, w[half]);
  const size_t pairs = (size_t)(size + 1) / 2;
  const size_t columns = (a->width - 1) * (size_t)stride + (size_t)size;
  const size_t last = (a->rows - 1) * (size_t)stride + (size_t)size - 1;
  const size_t step = stride == 1 ? 2 : 1;
  size_t ready = 0;
  for (size_t row = 0; row < a->rows; row += step) {
    const size_t first = row * (size_t)stride / 2;
    for (; ready < first + pairs; ready++) {
      const size_t upper = 2 * ready;
      // The row below the last one meets weights of 0, or is left out.
      interleave(a->x_rows[upper] + c, a->x_rows[upper < last ? upper + 1 : upper] + c,
                 a->x_pixel_stride, columns, ring[ready % pairs]);
    }
    uint8_t *y = a->y + row * a->y_row_stride + c;
    UNROLL for (size_t half = 0; half < 2; half++) {
      const __m256i *x[PAIRS_MAX];
      UNROLL for (size_t pair = 0; pair < pairs; pair++) x[pair] = ring[(first + pair) % pairs][half];
      if (stride == 1 && row + 1 < a->rows)
        rows_of(size, 2, stride, a, x, c + 8 * half, w[half], y + 8 * half);
      else
        rows_of(size, 1, stride, a, x, c + 8 * half, w[half], y + 8 * half);
    }
  }
}

void u8s8_depthwise_avx2(const tl_u8s8_depthwise *a) {
  const size_t size = a->kernel_height, columns = (a->width - 1) * a->stride + size;
  const bool is_square = size == a->kernel_width && (size == 3 || size == 5);
  if (is_square && a->stride <= 2 && columns <= COLUMNS_MAX) {
    for (size_t c = 0; c < a->channels; c += 16)
      if (size == 3 && a->stride == 1)
        depthwise_square(3, 1, a, c);
      else if (size == 3)
        depthwise_square(3, 2, a, c);
      else if (a->stride == 1)
        depthwise_square(5, 1, a, c);
      else
        depthwise_square(5, 2, a, c);
    return;
  }
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c += 16)
        depthwise_pixel(a, row, pixel, c);
}

#pragma clang attribute pop
#endif
