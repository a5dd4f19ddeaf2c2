#include "resize.h"

// As many sums as stay in registers while the rows go by.
enum { BLOCK = 32 };

void resize_rows_scalar(const uint8_t *rows, size_t stride, size_t count, const int16_t *weights,
                        size_t taps, int16_t *restrict blended) {
  size_t start = 0;
  for (; start + BLOCK <= count; start += BLOCK) {
    int32_t sums[BLOCK];
    for (size_t i = 0; i < BLOCK; i++) sums[i] = 1 << 7;
    for (size_t t = 0; t < taps; t++)
      for (size_t i = 0; i < BLOCK; i++) sums[i] += weights[t] * rows[t * stride + start + i];
    for (size_t i = 0; i < BLOCK; i++) blended[start + i] = (int16_t)(sums[i] >> 8);
  }
  for (; start < count; start++) {
    int32_t sum = 1 << 7;
    for (size_t t = 0; t < taps; t++) sum += weights[t] * rows[t * stride + start];
    blended[start] = (int16_t)(sum >> 8);
  }
}

typedef uint8_t tl_pixel8 __attribute__((vector_size(4), aligned(1), may_alias));
typedef int16_t tl_pixel16 __attribute__((vector_size(8), aligned(2), may_alias));
typedef int32_t tl_pixel32 __attribute__((vector_size(16)));

void resize_columns_scalar(const int16_t *blended, const int32_t *first, const int16_t *weights,
                           size_t taps, size_t pixels, uint8_t *restrict row) {
  for (size_t x = 0; x < pixels; x++) {
    const int16_t *source = blended + 4 * (size_t)first[x];
    tl_pixel32 sums = {1 << 19, 1 << 19, 1 << 19, 1 << 19};
    for (size_t t = 0; t < taps; t++) {
      tl_pixel16 pixel = *(const tl_pixel16 *)(source + 4 * t);
      sums += __builtin_convertvector(pixel, tl_pixel32) * (int32_t)weights[t];
    }
    weights += taps;
    sums >>= 20;
    // The fourth byte is overwritten by the next pixel, and there is none behind the last.
    if (x + 1 < pixels) {
      tl_pixel8 bytes = __builtin_convertvector(sums, tl_pixel8);
      *(tl_pixel8 *)(row + 3 * x) = bytes;
    } else {
      for (size_t c = 0; c < 3; c++) row[3 * x + c] = (uint8_t)sums[c];
    }
  }
}
