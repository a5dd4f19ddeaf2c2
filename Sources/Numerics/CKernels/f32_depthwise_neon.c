#if defined(__aarch64__)
#include "f32_neon.h"

/// Most output pixels of a block: the widths of MobileNet's tensors are multiples of 7 at the usual
/// size of the input. 7 sums, 9 weights and the inputs of a row fit in the registers.
enum { BLOCK = 7 };

/// `count` neighbouring output pixels of 4 channels; `weight` holds the bias and then the kernel.
/// Neighbours share their loads.
INLINE void block(const int size, const int stride, const int count,
                  const tl_activation_kind kind, const tl_f32_depthwise *a, bounds b,
                  const float32x4_t *weight, const float *const *rows, size_t place, float *y) {
  float32x4_t sum[BLOCK];
  UNROLL for (int p = 0; p < count; p++) sum[p] = weight[0];
  UNROLL for (int ky = 0; ky < size; ky++) {
    const float *x = rows[ky] + place;
    float32x4_t input[2 * BLOCK + 3];
    UNROLL for (int i = 0; i < (count - 1) * stride + size; i++) input[i] =
        vld1q_f32(x + (size_t)i * a->x_pixel_stride);
    UNROLL for (int kx = 0; kx < size; kx++) UNROLL for (int p = 0; p < count; p++) sum[p] =
        vfmaq_f32(sum[p], input[p * stride + kx], weight[1 + ky * size + kx]);
  }
  UNROLL for (int p = 0; p < count; p++) vst1q_f32(y + (size_t)p * a->y_pixel_stride,
                                                   activate(kind, sum[p], b));
}

/// A row of 4 channels, of which `weight` and `c` are the first.
INLINE void row_of_blocks(const int size, const int stride, const tl_activation_kind kind,
                          const tl_f32_depthwise *a, const float *packed, size_t row, size_t c) {
  float32x4_t weight[1 + 5 * 5];
  UNROLL for (int tap = 0; tap < 1 + size * size; tap++) weight[tap] =
      vld1q_f32(packed + tap * GROUP);
  const bounds b = bounds_of(a->activation);
  const float *const *rows = a->x_rows + row * (size_t)stride;
  float *y = a->y + row * a->y_row_stride + c;
  const size_t step = (size_t)stride * a->x_pixel_stride;
  size_t place = c, left = a->width;
#define BLOCKS(count)                                                                              \
  for (; left >= count; left -= count, place += count * step, y += count * a->y_pixel_stride)      \
    block(size, stride, count, kind, a, b, weight, rows, place, y)
  BLOCKS(7);
  BLOCKS(4);
  BLOCKS(2);
  BLOCKS(1);
#undef BLOCKS
}

/// A kernel of `size` x `size`: row by row of a channel group, whose lines then stay in the L1
/// cache while its four vectors go over them.
INLINE void square(const int size, const int stride, const tl_activation_kind kind,
                   const tl_f32_depthwise *arguments) {
  // A copy that no output can overlap, so that strides stay in registers.
  const tl_f32_depthwise own = *arguments, *a = &own;
  const size_t group_size = GROUP * (1 + (size_t)size * (size_t)size);
  for (size_t c = 0; c < a->channels; c += GROUP)
    for (size_t row = 0; row < a->rows; row++)
      for (size_t v = 0; v < GROUP; v += LANES)
        row_of_blocks(size, stride, kind, a, a->packed + c / GROUP * group_size + v, row, c + v);
}

#define SQUARE(size, stride)                                                                       \
  static void square_##size##_##stride(const tl_f32_depthwise *a) {                                \
    WITH_KIND(a->activation, square(size, stride, kind, a));                                       \
  }
SQUARE(3, 1)
SQUARE(3, 2)
SQUARE(5, 1)
SQUARE(5, 2)

/// One output pixel of a depthwise convolution of any size.
INLINE void any_pixel(const tl_activation_kind kind, const tl_f32_depthwise *a, size_t row,
                      size_t p) {
  const size_t taps = a->kernel_height * a->kernel_width;
  const bounds b = bounds_of(a->activation);
  for (size_t c = 0; c < a->channels; c += GROUP) {
    const float *weight = a->packed + c * (1 + taps);
    float32x4_t sum[GROUP / LANES];
    UNROLL for (int v = 0; v < GROUP / LANES; v++) sum[v] = vld1q_f32(weight + v * LANES);
    for (size_t ky = 0; ky < a->kernel_height; ky++) {
      const float *x = a->x_rows[row * a->stride + ky] + p * a->stride * a->x_pixel_stride + c;
      for (size_t kx = 0; kx < a->kernel_width; kx++, x += a->x_pixel_stride) {
        weight += GROUP;
        UNROLL for (int v = 0; v < GROUP / LANES; v++) sum[v] =
            vfmaq_f32(sum[v], vld1q_f32(x + v * LANES), vld1q_f32(weight + v * LANES));
      }
    }
    float *y = a->y + row * a->y_row_stride + p * a->y_pixel_stride + c;
    UNROLL for (int v = 0; v < GROUP / LANES; v++) vst1q_f32(
        y + v * LANES, activate(kind, sum[v], b));
  }
}

void f32_depthwise_neon(const tl_f32_depthwise *a) {
  const size_t size = a->kernel_height == a->kernel_width ? a->kernel_width : 0;
  if (size == 3 && a->stride == 1)
    square_3_1(a);
  else if (size == 3 && a->stride == 2)
    square_3_2(a);
  else if (size == 5 && a->stride == 1)
    square_5_1(a);
  else if (size == 5 && a->stride == 2)
    square_5_2(a);
  else
    for (size_t row = 0; row < a->rows; row++)
      for (size_t p = 0; p < a->width; p++)
        WITH_KIND(a->activation, any_pixel(kind, a, row, p));
}

#endif
