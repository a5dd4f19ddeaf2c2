#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "f32_avx2.h"

/// Neighbouring pixels that are computed at once. With 16 channels of one row, or 8 of two, that makes
/// eight sums, whose chains keep both multipliers busy, beside up to 5 weights and an input.
enum { TILE = 4 };

/// `count` neighbouring output pixels of one row by 16 channels, or of two rows by 8 channels where the
/// stride is 1: `rows` times `vectors` is 2. Where they share inputs, these are loaded once.
INLINE void tile(const int count, const int size, const int stride, const int rows,
                 const tl_f32_depthwise *a, const float *const x_rows[], size_t offset,
                 const float *group, tl_activation activation, float *y) {
  const int vectors = 2 / rows;
  const size_t step = a->x_pixel_stride;
  __m256 sum[2][2][TILE];
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++)
      UNROLL for (int p = 0; p < count; p++) sum[r][v][p] = _mm256_loadu_ps(group + v * LANES);
  UNROLL for (int x_row = 0; x_row < size + rows - 1; x_row++)
      UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++) {
    const int ky = x_row - r;
    if (ky < 0 || ky >= size)
      continue;
    const float *x = x_rows[x_row] + offset + v * LANES;
    __m256 w[5];
    UNROLL for (int kx = 0; kx < size; kx++) w[kx] =
        _mm256_loadu_ps(group + GROUP * (1 + ky * size + kx) + v * LANES);
    // Column by column: each is met by later weights of earlier pixels, so chains keep their order.
    UNROLL for (int column = 0; column < (count - 1) * stride + size; column++) {
      const __m256 value = _mm256_loadu_ps(x + (size_t)column * step);
      UNROLL for (int p = 0; p < count; p++) {
        const int kx = column - p * stride;
        if (kx >= 0 && kx < size)
          sum[r][v][p] = _mm256_fmadd_ps(value, w[kx], sum[r][v][p]);
      }
    }
  }
  const size_t y_step = a->y_pixel_stride, row_step = a->y_row_stride;
  UNROLL for (int r = 0; r < rows; r++) UNROLL for (int v = 0; v < vectors; v++)
      UNROLL for (int p = 0; p < count; p++)
          _mm256_storeu_ps(y + (size_t)r * row_step + (size_t)p * y_step + v * LANES,
                           activate(sum[r][v][p], activation));
}

/// `count` neighbouring output pixels of one or two rows, all channels.
INLINE void pixels(const int count, const int size, const int stride, const int rows,
                   const tl_f32_depthwise *a, size_t row, size_t pixel) {
  const size_t group_size = GROUP * (1 + (size_t)(size * size)), channels = a->channels;
  const tl_activation activation = a->activation;
  const float *x_rows[5 + 1];
  UNROLL for (int y = 0; y < size + rows - 1; y++) x_rows[y] =
      a->x_rows[row * (size_t)stride + (size_t)y] + pixel * (size_t)stride * a->x_pixel_stride;
  float *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
  const float *group = a->packed;
  for (size_t c = 0; c < channels; c += GROUP, group += group_size) {
    tile(count, size, stride, rows, a, x_rows, c, group, activation, y + c);
    if (rows == 2)
      tile(count, size, stride, rows, a, x_rows, c + LANES, group + LANES, activation,
           y + c + LANES);
  }
}

/// One or two whole rows: tiles of 4 pixels, and of 3 where that leaves fewer alone.
INLINE void rows_of(const int rows, const int size, const int stride, const tl_f32_depthwise *a,
                    size_t row) {
  size_t pixel = 0, left = a->width;
  for (; left > 6 || left == 4; pixel += 4, left -= 4) pixels(4, size, stride, rows, a, row, pixel);
  for (; left >= 3; pixel += 3, left -= 3) pixels(3, size, stride, rows, a, row, pixel);
  for (; left > 0; pixel++, left--) pixels(1, size, stride, rows, a, row, pixel);
}

/// Square kernels of 3 or 5 with stride 1 or 2. With stride 1 two rows go together, since they share
/// most of what they read.
INLINE void depthwise(const int size, const int stride, const tl_f32_depthwise *a) {
  size_t row = 0;
  if (stride == 1)
    for (; row + 1 < a->rows; row += 2) rows_of(2, size, stride, a, row);
  for (; row < a->rows; row++) rows_of(1, size, stride, a, row);
}

/// Any kernel, a pixel at a time.
static void any_depthwise(const tl_f32_depthwise *a) {
  const size_t group_size = GROUP * (1 + a->kernel_height * a->kernel_width);
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c += LANES) {
        const float *group = a->packed + c / GROUP * group_size + c % GROUP;
        __m256 sum = _mm256_loadu_ps(group);
        for (size_t ky = 0; ky < a->kernel_height; ky++) {
          const float *x =
              a->x_rows[row * a->stride + ky] + pixel * a->stride * a->x_pixel_stride + c;
          for (size_t kx = 0; kx < a->kernel_width; kx++, x += a->x_pixel_stride) {
            group += GROUP;
            sum = _mm256_fmadd_ps(_mm256_loadu_ps(x), _mm256_loadu_ps(group), sum);
          }
        }
        _mm256_storeu_ps(a->y + row * a->y_row_stride + pixel * a->y_pixel_stride + c,
                         activate(sum, a->activation));
      }
}

void f32_depthwise_avx2(const tl_f32_depthwise *a) {
  const size_t size = a->kernel_height == a->kernel_width ? a->kernel_height : 0;
  if (size == 3 && a->stride == 1)
    depthwise(3, 1, a);
  else if (size == 3 && a->stride == 2)
    depthwise(3, 2, a);
  else if (size == 5 && a->stride == 1)
    depthwise(5, 1, a);
  else if (size == 5 && a->stride == 2)
    depthwise(5, 2, a);
  else
    any_depthwise(a);
}

#pragma clang attribute pop
#endif
