#if defined(__aarch64__)
#define CONVOLUTION u8s8_convolution_neon
#define FITTING_BYTES u8s8_convolution_neon_fours
#define STEP 16
/// 2 pixels by 16 channels are 16 vectors of sums, since products are added up by pairs: a channel
/// has two sums until the end.
#define TILE 2
#define UNIT 1

#include "u8s8_neon.h"

/// Weights become [taps / 4][channel][4], and sums start with 128 times the weights' sums, which
/// make up for centred inputs.
static void arrange_weights(const int8_t *packed, size_t step, const size_t pieces[4], size_t taps,
                            int8_t *weights, columns *c) {
  int32x4_t sum[4];
  UNROLL for (int v = 0; v < 4; v++) sum[v] = vdupq_n_s32(0);
  int8x16_t least = vdupq_n_s8(0);
  for (size_t k = 0; k < taps; k += 4, packed += step, weights += 64)
    UNROLL for (int v = 0; v < 4; v++) {
      const int8x16_t w = vld1q_s8(packed + 4 * pieces[v]);
      vst1q_s8(weights + 16 * v, w);
      least = vminq_s8(least, w);
      sum[v] = vpadalq_s16(sum[v], vpaddlq_s8(w));
    }
  UNROLL for (int v = 0; v < 4; v++) c->start[v] = vshlq_n_s32(sum[v], 7);
  c->is_symmetric = vminvq_s8(least) > -128;
}

/// Adds the products of one vector of weights, or of two: the 16 bits of a product then hold two of
/// them, unless -128 meets -128 twice.
INLINE void add_products(const int pairs, int32x4_t sum[2], int8x16_t w0, int8x16_t x0,
                         int8x16_t w1, int8x16_t x1) {
  int16x8_t low = vmull_s8(vget_low_s8(w0), vget_low_s8(x0));
  int16x8_t high = vmull_high_s8(w0, x0);
  if (pairs) {
    low = vmlal_s8(low, vget_low_s8(w1), vget_low_s8(x1));
    high = vmlal_high_s8(high, w1, x1);
  }
  sum[0] = vpadalq_s16(sum[0], low);
  sum[1] = vpadalq_s16(sum[1], high);
}

/// Four inputs of a pixel for four channels.
#define SPREAD(x, k) vreinterpretq_s8_s32(vdupq_laneq_s32(vreinterpretq_s32_s8(x), k))

INLINE void sum_in(const int pairs, const int height, const columns *c,
                   const uint8_t *const *pixels, int32x4_t whole[TILE][4]) {
  int32x4_t sum[TILE][4][2];
  const uint8_t *x[TILE];
  UNROLL for (int p = 0; p < height; p++) {
    x[p] = pixels[p];
    UNROLL for (int v = 0; v < 4; v++) sum[p][v][0] = sum[p][v][1] = vdupq_n_s32(0);
  }
  const int8_t *weight = c->weights;
  int8x16_t value[TILE];
#define FOUR_TAPS(k)                                                                               \
  do {                                                                                             \
    int8x16_t spread[TILE];                                                                        \
    UNROLL for (int p = 0; p < height; p++) spread[p] = SPREAD(value[p], k);                       \
    UNROLL for (int v = 0; v < 4; v++) {                                                           \
      const int8x16_t w = vld1q_s8(weight + 16 * v);                                               \
      UNROLL for (int p = 0; p < height; p++) add_products(0, sum[p][v], w, spread[p], w,          \
                                                           spread[p]);                             \
    }                                                                                              \
    weight += 64;                                                                                  \
  } while (0)
// The weights' address is opaque to the optimizer, which would otherwise load the next ones before
// their time and spill sums.
#define EIGHT_TAPS(k)                                                                              \
  do {                                                                                             \
    int8x16_t first[TILE], second[TILE];                                                           \
    UNROLL for (int p = 0; p < height; p++) {                                                      \
      first[p] = SPREAD(value[p], k);                                                              \
      second[p] = SPREAD(value[p], k + 1);                                                         \
    }                                                                                              \
    UNROLL for (int v = 0; v < 4; v++) {                                                           \
      const int8x16_t w0 = vld1q_s8(weight + 16 * v), w1 = vld1q_s8(weight + 64 + 16 * v);         \
      UNROLL for (int p = 0; p < height; p++) add_products(1, sum[p][v], w0, first[p], w1,         \
                                                           second[p]);                             \
    }                                                                                              \
    weight += 128;                                                                                 \
    __asm__ volatile("" : "+r"(weight));                                                           \
  } while (0)
  size_t left = c->taps / 4;
  for (; left >= 4; left -= 4) {
    UNROLL for (int p = 0; p < height; p++) {
      value[p] = centred(vld1q_u8(x[p]));
      x[p] += 16;
    }
    if (pairs) {
      EIGHT_TAPS(0);
      EIGHT_TAPS(2);
    } else {
      FOUR_TAPS(0);
      FOUR_TAPS(1);
      FOUR_TAPS(2);
      FOUR_TAPS(3);
    }
  }
  if (left > 0) {
    UNROLL for (int p = 0; p < height; p++) value[p] = centred(vld1q_u8(x[p]));
    if (pairs && left > 1)
      EIGHT_TAPS(0);
    else
      FOUR_TAPS(0);
    if (!pairs && left > 1)
      FOUR_TAPS(1);
    if (left > 2)
      FOUR_TAPS(2);
  }
#undef FOUR_TAPS
#undef EIGHT_TAPS
  UNROLL for (int p = 0; p < height; p++) UNROLL for (int v = 0; v < 4; v++) whole[p][v] =
      vaddq_s32(c->start[v], vpaddq_s32(sum[p][v][0], sum[p][v][1]));
}

INLINE void sum_taps(const int height, const columns *c, const uint8_t *const *x,
                     int32x4_t sum[TILE][4]) {
  if (c->is_symmetric)
    sum_in(1, height, c, x, sum);
  else
    sum_in(0, height, c, x, sum);
}

void u8_average_pool_neon(const tl_u8_average_pool *a) {
  // So many bytes fit in a sum of 16 bits.
  enum { RUN = 257 };
  const int32x4_t offset = vdupq_n_s32(a->offset);
  for (size_t c = 0; c < a->channels; c += 16) {
    uint32x4_t sum[4];
    UNROLL for (int v = 0; v < 4; v++) sum[v] = vdupq_n_u32(0);
    for (size_t row = 0; row < a->rows; row++) {
      const uint8_t *x = a->x + row * a->x_row_stride + c;
      for (size_t left = a->width; left > 0;) {
        const size_t run = left < RUN ? left : RUN;
        uint16x8_t low = vdupq_n_u16(0), high = low;
        for (size_t p = 0; p < run; p++, x += a->x_pixel_stride) {
          const uint8x16_t bytes = vld1q_u8(x);
          low = vaddw_u8(low, vget_low_u8(bytes));
          high = vaddw_high_u8(high, bytes);
        }
        sum[0] = vaddw_u16(sum[0], vget_low_u16(low));
        sum[1] = vaddw_high_u16(sum[1], low);
        sum[2] = vaddw_u16(sum[2], vget_low_u16(high));
        sum[3] = vaddw_high_u16(sum[3], high);
        left -= run;
      }
    }
    UNROLL for (int v = 0; v < 4; v++) vst1q_f32(
        a->y + c + 4 * v,
        vmulq_n_f32(vcvtq_f32_s32(vsubq_s32(vreinterpretq_s32_u32(sum[v]), offset)), a->scale));
  }
}

INLINE uint8x16_t looked_up(uint8x16_t x, const uint8x16x4_t table[4]) {
  // Beyond its 64 bytes an instruction gives 0, or what was there before.
  uint8x16_t result = vqtbl4q_u8(table[0], x);
  UNROLL for (int quarter = 1; quarter < 4; quarter++) {
    x = vsubq_u8(x, vdupq_n_u8(64));
    result = vqtbx4q_u8(result, table[quarter], x);
  }
  return result;
}

void u8_lookup_neon(const tl_u8_lookup *a) {
  uint8x16x4_t table[4];
  UNROLL for (int quarter = 0; quarter < 4; quarter++) table[quarter] =
      vld1q_u8_x4(a->table + 64 * quarter);
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      uint8_t *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      for (size_t c = 0; c < a->channels; c += 16) vst1q_u8(y + c, looked_up(vld1q_u8(y + c), table));
    }
}

void u8_widen_pixels_neon(const uint8_t *rgb, size_t pixels, uint8_t *y) {
  for (; pixels >= 16; pixels -= 16, rgb += 48, y += 64) {
    const uint8x16x3_t colours = vld3q_u8(rgb);
    const uint8x16x4_t wide = {{colours.val[0], colours.val[1], colours.val[2], vdupq_n_u8(0)}};
    vst4q_u8(y, wide);
  }
  u8_widen_pixels_scalar(rgb, pixels, y);
}

#endif
