// A dense int8 convolution on NEON, but for the sums of its tiles. What is read often is arranged
// once: pixels for all output channels, weights of 16 neighbouring channels for all pixels of a
// block.
//
// Who includes it defines
//   CONVOLUTION       the function's name
//   TILE              the most output pixels of a tile
//   UNIT              pixels whose sums are taken together: 1 or 2
//   STEP              taps that sums take at a time: 8 or 16. A copied pixel ends with zeros up to
//                     a multiple of it
//   arrange_weights   see `columns`
//   sum_taps          the sums of `height` pixels
//   FITTING_BYTES     if there is a quicker function for weights whose products fit 16 bits
#include "u8_neon.h"

/// The weights of so many taps fit on the stack. Longer sums, which no MobileNet has, go to the
/// reference.
enum { BLOCK_MAX = 120, BLOCK_BYTES = 60 * 1024, TAPS_MAX = 4096 };

/// A block of pixels: where each has its values, its output and its residual. They are many, so
/// that arranging the weights for them costs little; their inputs stay in the L2 cache.
typedef struct pixels {
  const uint8_t *x[BLOCK_MAX];
  uint8_t *y[BLOCK_MAX];
  const uint8_t *residual[BLOCK_MAX];
  size_t count;
} pixels;

/// 16 neighbouring output channels of a convolution.
typedef struct columns {
  /// As `arrange_weights` leaves them.
  const int8_t *weights;
  size_t taps;
  /// What sums start with.
  int32x4_t start[4];
  float32x4_t multiplier[4], bias[4];
  size_t channel;
  /// Whether all weights are above -128, for who wants to know.
  bool is_symmetric;
} columns;

static void arrange_weights(const int8_t *packed, size_t step, const size_t pieces[4], size_t taps,
                            int8_t *weights, columns *c);
INLINE void sum_taps(const int height, const columns *c, const uint8_t *const *x,
                     int32x4_t sum[TILE][4]);

/// As floats, what would be saturated to bytes.
INLINE float32x4_t clamped(float32x4_t x) {
  return vminnmq_f32(vmaxnmq_f32(vrndnq_f32(x), vdupq_n_f32(0.0f)), vdupq_n_f32(255.0f));
}

/// Quantizes and writes `height` pixels.
INLINE void write_sums(const int height, const int has_residual, const tl_u8_residual *r,
                       const columns *c, const pixels *pixels, size_t first,
                       int32x4_t sum[TILE][4]) {
  float32x4_t multiplier[4], bias[4];
  UNROLL for (int v = 0; v < 4; v++) {
    multiplier[v] = c->multiplier[v];
    bias[v] = c->bias[v];
  }
  UNROLL for (int p = 0; p < height; p++) {
    const size_t at = first + (size_t)p;
    int32x4_t value[4];
    if (has_residual) {
      float32x4_t other[4];
      floats_of(vld1q_u8(pixels->residual[at] + c->channel), other);
      UNROLL for (int v = 0; v < 4; v++) {
        const float32x4_t q = clamped(vfmaq_f32(bias[v], vcvtq_f32_s32(sum[p][v]), multiplier[v]));
        const float32x4_t scaled =
            vmulq_n_f32(vsubq_f32(other[v], vdupq_n_f32(r->r_zero)), r->r_scale);
        const float32x4_t both =
            vfmaq_n_f32(scaled, vsubq_f32(q, vdupq_n_f32(r->q_zero)), r->q_scale);
        value[v] = vcvtnq_s32_f32(vaddq_f32(both, vdupq_n_f32(r->y_zero)));
      }
    } else {
      UNROLL for (int v = 0; v < 4; v++) value[v] = quantized(sum[p][v], multiplier[v], bias[v]);
    }
    vst1q_u8(pixels->y[at] + c->channel, saturated(value[0], value[1], value[2], value[3]));
  }
}

/// `count` tiles of `height` pixels, from `first` on.
INLINE void tiles(const int height, const tl_u8_residual *residual, const columns *columns,
                  const pixels *pixels, size_t first, size_t count) {
  // Copies that no output can overlap.
  const tl_u8_residual r = *residual;
  const struct columns c = *columns;
  for (; count > 0; count--, first += (size_t)height) {
    int32x4_t sum[TILE][4];
    sum_taps(height, &c, pixels->x + first, sum);
    if (r.x)
      write_sums(height, 1, &r, &c, pixels, first, sum);
    else
      write_sums(height, 0, &r, &c, pixels, first, sum);
  }
}

typedef void tiles_function(const tl_u8_residual *, const columns *, const pixels *, size_t first,
                            size_t count);
#define TILES_OF(height)                                                                           \
  static void tiles_##height(const tl_u8_residual *r, const columns *c, const pixels *pixels,      \
                             size_t first, size_t count) {                                         \
    tiles(height, r, c, pixels, first, count);                                                     \
  }
TILES_OF(1)
TILES_OF(2)
#if TILE > 2
TILES_OF(3)
#endif
#if TILE > 3
TILES_OF(4)
#endif
#if TILE > 4
TILES_OF(5)
#endif
#if TILE > 5
TILES_OF(6)
#endif
static tiles_function *const of_height[TILE] = {
    tiles_1, tiles_2,
#if TILE > 2
    tiles_3,
#endif
#if TILE > 3
    tiles_4,
#endif
#if TILE > 4
    tiles_5,
#endif
#if TILE > 5
    tiles_6,
#endif
};

/// All pixels of a block, in tiles of about the same height. Their heights are multiples of UNIT,
/// but for the last one's.
static void all_tiles(const tl_u8_residual *r, const columns *c, const pixels *pixels) {
  enum { UNITS = TILE / UNIT };
  const size_t units = (pixels->count + UNIT - 1) / UNIT, count = (units + UNITS - 1) / UNITS;
  size_t first = 0;
  for (size_t left = count; left > 0;) {
    // So many tiles are as high as the next one.
    const size_t height = ((units - first / UNIT + left - 1) / left) * UNIT;
    size_t equal = left - (height / UNIT * left - (units - first / UNIT));
    if (first + equal * height > pixels->count)
      equal--;
    if (equal > 0)
      of_height[height - 1](r, c, pixels, first, equal);
    else
      of_height[height - 2](r, c, pixels, first, equal = 1);
    first += equal * height;
    left -= equal;
  }
}

/// All output channels of a block of pixels.
static void all_channels(const tl_u8s8_convolution *a, const pixels *pixels) {
  _Alignas(64) int8_t weights[(TAPS_MAX + STEP) * 16];
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  columns c = {.weights = weights, .taps = taps};
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    for (size_t channel = 0; channel < 16 * vectors; channel += 16) {
      // Where the panel has their four pieces of four channels.
      size_t pieces[4];
      UNROLL for (size_t j = 0; j < 4; j++) {
        const size_t place = channel + 4 * j;
        pieces[j] = 16 * (place % (4 * vectors) / 4) + 4 * (place / (4 * vectors));
        c.multiplier[j] = vld1q_f32(a->multiplier + first + pieces[j]);
        c.bias[j] = vld1q_f32(a->bias + first + pieces[j]);
      }
      arrange_weights(a->packed + first * taps, 64 * vectors, pieces, taps, weights, &c);
      c.channel = first + channel;
      all_tiles(&a->residual, &c, pixels);
    }
    first += 16 * vectors;
  }
}

/// Copies a multiple of 4 bytes.
INLINE uint8_t *copied(const uint8_t *x, size_t count, uint8_t *to) {
  for (; count >= 16; count -= 16, x += 16, to += 16) vst1q_u8(to, vld1q_u8(x));
  if (count & 8) {
    vst1_u8(to, vld1_u8(x));
    x += 8, to += 8;
  }
  if (count & 4) {
    vst1q_lane_u32((uint32_t *)to, vld1q_dup_u32((const uint32_t *)x), 0);
    to += 4;
  }
  return to;
}

/// The values of a pixel, one after the other, and zeros.
INLINE void gather(const tl_u8s8_convolution *a, const uint8_t *const *rows, size_t offset,
                   uint8_t *to) {
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t s = 0; s < a->segments; s++)
      to = copied(rows[ky] + offset + s * a->segment_stride, a->segment_length, to);
  // Beyond the last pixel lies room for it.
  vst1q_u8(to, vdupq_n_u8(0));
}

void CONVOLUTION(const tl_u8s8_convolution *arguments) {
  // A copy that no output can overlap.
  const tl_u8s8_convolution own = *arguments, *a = &own;
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  if (taps > TAPS_MAX) {
    u8s8_convolution_scalar(a);
    return;
  }
#ifdef FITTING_BYTES
  if (a->fits_16_bits) {
    FITTING_BYTES(a);
    return;
  }
#endif
  _Alignas(64) uint8_t values[BLOCK_BYTES + 16];
  pixels block;
  const bool is_gathered = a->kernel_height > 1 || a->segments > 1 || taps % STEP != 0;
  const size_t count = a->rows * a->width, each = (taps + STEP - 1) / STEP * STEP;
  const size_t room = BLOCK_BYTES / each < BLOCK_MAX ? BLOCK_BYTES / each : BLOCK_MAX;
  // Blocks of about the same size.
  const size_t blocks = (count + room - 1) / room, size = (count + blocks - 1) / blocks;
  size_t listed = 0;
  for (size_t row = 0; row < a->rows; row++) {
    const uint8_t *const *rows = a->x_rows + row * a->row_step;
    uint8_t *y = a->y + row * a->y_row_stride;
    const uint8_t *residual = a->residual.x ? a->residual.x + row * a->residual.row_stride : y;
    const size_t residual_step = a->residual.x ? a->residual.pixel_stride : 0;
    size_t place = 0;
    for (size_t left = a->width; left > 0; left--) {
      block.x[listed] = is_gathered ? values + listed * each : rows[0] + place;
      if (is_gathered)
        gather(a, rows, place, values + listed * each);
      block.y[listed] = y;
      block.residual[listed] = residual;
      place += a->x_pixel_stride;
      y += a->y_pixel_stride;
      residual += residual_step;
      if (++listed == size || (left == 1 && row + 1 == a->rows)) {
        block.count = listed;
        all_channels(a, &block);
        listed = 0;
      }
    }
  }
}
