#include <string.h>

#include "u8s8.h"
#include "vectorized.h"

// Loops over single values that the compiler turns into vectors. Each value is one fixed chain of IEEE
// operations, so that whatever width it chooses, the bits are the same.
#pragma STDC FP_CONTRACT OFF

// A comparison with what is no number fails. Adding 1.5 * 2^23 leaves no room for fractions.
static inline __attribute__((always_inline)) uint8_t quantized(float x) {
  const float low = x > 0.0f ? x : 0.0f;
  const float clamped = low < 255.0f ? low : 255.0f;
  const float shifter = 0x1.8p23f;
  return (uint8_t)(int32_t)(clamped + shifter - shifter);
}

void copy_channels(const tl_channel_copy *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      const uint8_t *x = a->x + row * a->x_row_stride + pixel * a->x_pixel_stride;
      uint8_t *restrict y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      if (a->table)
        for (size_t c = 0; c < a->byte_count; c++) y[c] = a->table[x[c]];
      else
        memcpy(y, x, a->byte_count);
    }
}

// Channels come in multiples of 16. Left to itself the compiler takes 32 or 64 at a time and the rest one
// by one, and all of them where the output replaces an input: each value depends on those of its own place
// alone.
#define SIXTEENS                                                                                   \
  _Pragma("clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)")

TL_VECTORIZED
void u8_add(const tl_u8_combine *arguments) {
  const tl_u8_combine a = *arguments;
  for (size_t row = 0; row < a.rows; row++)
    for (size_t pixel = 0; pixel < a.width; pixel++) {
      const uint8_t *left = a.a + row * a.a_row_stride + pixel * a.a_pixel_stride;
      const uint8_t *right = a.b + row * a.b_row_stride + pixel * a.b_pixel_stride;
      uint8_t *y = a.y + row * a.y_row_stride + pixel * a.y_pixel_stride;
      SIXTEENS for (size_t c = 0; c < a.channels; c++) {
        const float other = ((float)right[c] - a.b_zero) * a.b_scale + a.y_zero;
        y[c] = quantized(((float)left[c] - a.a_zero) * a.a_scale + other);
      }
    }
}

TL_VECTORIZED
void u8_multiply(const tl_u8_combine *arguments) {
  const tl_u8_combine a = *arguments;
  for (size_t row = 0; row < a.rows; row++)
    for (size_t pixel = 0; pixel < a.width; pixel++) {
      const uint8_t *left = a.a + row * a.a_row_stride + pixel * a.a_pixel_stride;
      uint8_t *y = a.y + row * a.y_row_stride + pixel * a.y_pixel_stride;
      SIXTEENS for (size_t c = 0; c < a.channels; c++)
        y[c] = quantized(((float)left[c] - a.a_zero) * (a.gate[c] * a.a_scale) + a.y_zero);
    }
}
