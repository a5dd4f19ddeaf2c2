#if defined(__aarch64__)
#include "u8_neon.h"

/// Most output pixels of a block, whose sums for 8 channels take 8 registers, beside 9 weights and
/// the inputs of a row.
enum { BLOCK = 4 };

INLINE int16x8_t words(const uint8_t *x) { return vreinterpretq_s16_u16(vmovl_u8(vld1_u8(x))); }

/// `count` neighbouring output pixels of 8 channels. Neighbours share their inputs.
INLINE void block(const int size, const int stride, const int count, const tl_u8s8_depthwise *a,
                  const int16x8_t *weight, const float32x4_t *scales, const uint8_t *const *rows,
                  size_t place, uint8_t *y) {
  int32x4_t low[BLOCK], high[BLOCK];
  UNROLL for (int p = 0; p < count; p++) low[p] = high[p] = vdupq_n_s32(0);
  UNROLL for (int ky = 0; ky < size; ky++) {
    const uint8_t *x = rows[ky] + place;
    int16x8_t input[2 * BLOCK + 3];
    UNROLL for (int i = 0; i < (count - 1) * stride + size; i++) input[i] =
        words(x + (size_t)i * a->x_pixel_stride);
    UNROLL for (int kx = 0; kx < size; kx++) UNROLL for (int p = 0; p < count; p++) {
      const int16x8_t value = input[p * stride + kx], w = weight[ky * size + kx];
      low[p] = vmlal_s16(low[p], vget_low_s16(value), vget_low_s16(w));
      high[p] = vmlal_high_s16(high[p], value, w);
    }
  }
  UNROLL for (int p = 0; p < count; p++) vst1_u8(
      y + (size_t)p * a->y_pixel_stride,
      saturated_half(quantized(low[p], scales[0], scales[2]),
                     quantized(high[p], scales[1], scales[3])));
}

/// A row of 8 channels from `c` on.
INLINE void row_of_blocks(const int size, const int stride, const tl_u8s8_depthwise *a, size_t row,
                          size_t c) {
  int16x8_t weight[5 * 5];
  UNROLL for (int tap = 0; tap < size * size; tap++) weight[tap] =
      vmovl_s8(vld1_s8(a->packed + (size_t)tap * a->channels + c));
  const float32x4_t scales[4] = {vld1q_f32(a->multiplier + c), vld1q_f32(a->multiplier + c + 4),
                                 vld1q_f32(a->bias + c), vld1q_f32(a->bias + c + 4)};
  const uint8_t *const *rows = a->x_rows + row * (size_t)stride;
  uint8_t *y = a->y + row * a->y_row_stride + c;
  const size_t step = (size_t)stride * a->x_pixel_stride;
  size_t place = c, left = a->width;
#define BLOCKS(count)                                                                              \
  for (; left >= count; left -= count, place += count * step, y += count * a->y_pixel_stride)      \
    block(size, stride, count, a, weight, scales, rows, place, y)
  BLOCKS(4);
  BLOCKS(2);
  BLOCKS(1);
#undef BLOCKS
}

/// A kernel of `size` x `size`: row by row of a cache line's channels, whose lines then stay in the
/// L1 cache while its eights go over them. No output can overlap the copy of the arguments, so that
/// strides stay in registers.
#define SQUARE(size, stride)                                                                       \
  static void square_##size##_##stride(const tl_u8s8_depthwise *arguments) {                       \
    enum { LINE = 64 };                                                                            \
    const tl_u8s8_depthwise own = *arguments, *a = &own;                                           \
    for (size_t line = 0; line < a->channels; line += LINE)                                        \
      for (size_t row = 0; row < a->rows; row++)                                                   \
        for (size_t c = line; c < line + LINE && c < a->channels; c += 8)                          \
          row_of_blocks(size, stride, a, row, c);                                                  \
  }
SQUARE(3, 1)
SQUARE(3, 2)
SQUARE(5, 1)
SQUARE(5, 2)

/// One output pixel of a depthwise convolution of any size.
static void any_pixel(const tl_u8s8_depthwise *a, size_t row, size_t p) {
  for (size_t c = 0; c < a->channels; c += 8) {
    int32x4_t low = vdupq_n_s32(0), high = low;
    const int8_t *weight = a->packed + c;
    for (size_t ky = 0; ky < a->kernel_height; ky++) {
      const uint8_t *x = a->x_rows[row * a->stride + ky] + p * a->stride * a->x_pixel_stride + c;
      for (size_t kx = 0; kx < a->kernel_width;
           kx++, x += a->x_pixel_stride, weight += a->channels) {
        const int16x8_t value = words(x), w = vmovl_s8(vld1_s8(weight));
        low = vmlal_s16(low, vget_low_s16(value), vget_low_s16(w));
        high = vmlal_high_s16(high, value, w);
      }
    }
    const float *multiplier = a->multiplier + c, *bias = a->bias + c;
    vst1_u8(a->y + row * a->y_row_stride + p * a->y_pixel_stride + c,
            saturated_half(quantized(low, vld1q_f32(multiplier), vld1q_f32(bias)),
                           quantized(high, vld1q_f32(multiplier + 4), vld1q_f32(bias + 4))));
  }
}

void u8s8_depthwise_neon(const tl_u8s8_depthwise *a) {
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
        any_pixel(a, row, p);
}

#endif
