#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#include "f32_avx2.h"

/// Neighbouring pixels that are computed at once: with them a kernel row takes up to 13 registers.
enum { TILE = 4 };

/// `count` neighbouring output pixels by 8 channels. Where they share inputs, these are loaded once.
INLINE void tile(const int count, const int size, const int stride, const tl_f32_depthwise *a,
                 const float *const rows[], size_t offset, const float *group,
                 tl_activation activation, float *y) {
  const size_t step = a->x_pixel_stride;
  __m256 sum[TILE];
  UNROLL for (int p = 0; p < count; p++) sum[p] = _mm256_loadu_ps(group);
  for (int ky = 0; ky < size; ky++) {
    const float *x = rows[ky] + offset;
    __m256 w[5];
    UNROLL for (int kx = 0; kx < size; kx++) w[kx] =
        _mm256_loadu_ps(group + GROUP * (1 + ky * size + kx));
    // Column by column: each is met by later weights of earlier pixels, so chains keep their order.
    UNROLL for (int column = 0; column < (count - 1) * stride + size; column++) {
      const __m256 value = _mm256_loadu_ps(x + (size_t)column * step);
      UNROLL for (int p = 0; p < count; p++) {
        const int kx = column - p * stride;
        if (kx >= 0 && kx < size)
          sum[p] = _mm256_fmadd_ps(value, w[kx], sum[p]);
      }
    }
  }
  const size_t y_step = a->y_pixel_stride;
  UNROLL for (int p = 0; p < count; p++) _mm256_storeu_ps(y + (size_t)p * y_step,
                                                         activate(sum[p], activation));
}

/// `count` neighbouring output pixels, all channels.
INLINE void pixels(const int count, const int size, const int stride, const tl_f32_depthwise *a,
                   size_t row, size_t pixel) {
  const size_t group_size = GROUP * (1 + (size_t)(size * size)), channels = a->channels;
  const tl_activation activation = a->activation;
  const float *const *x_rows = a->x_rows + row * (size_t)stride;
  const float *rows[5];
  UNROLL for (int ky = 0; ky < size; ky++) rows[ky] =
      x_rows[ky] + pixel * (size_t)stride * a->x_pixel_stride;
  float *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
  const float *group = a->packed;
  for (size_t c = 0; c < channels; c += GROUP, group += group_size) {
    tile(count, size, stride, a, rows, c, group, activation, y + c);
    tile(count, size, stride, a, rows, c + LANES, group + LANES, activation, y + c + LANES);
  }
}

/// Square kernels of 3 or 5 with stride 1 or 2: tiles of 4 pixels, and of 3 where that leaves fewer
/// alone.
INLINE void depthwise(const int size, const int stride, const tl_f32_depthwise *a) {
  for (size_t row = 0; row < a->rows; row++) {
    size_t pixel = 0, left = a->width;
    for (; left > 6 || left == 4; pixel += 4, left -= 4) pixels(4, size, stride, a, row, pixel);
    for (; left >= 3; pixel += 3, left -= 3) pixels(3, size, stride, a, row, pixel);
    for (; left > 0; pixel++, left--) pixels(1, size, stride, a, row, pixel);
  }
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
