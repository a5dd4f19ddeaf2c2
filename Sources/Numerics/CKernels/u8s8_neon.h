// The dense int8 convolution on NEON, but for its tiles. The including file defines TILE, the most
// output pixels of one, and a `tiles` of type tile_function for each number of pixels.
#include "u8_neon.h"

/// Where an output pixel is read and written. A tile's pixels may lie anywhere: there are registers
/// enough for the address of each.
typedef struct pixel {
  /// The input rows of its kernel, and its place in them.
  const uint8_t *const *rows;
  size_t place;
  uint8_t *y;
  const uint8_t *residual;
} pixel;

/// One vector of 16 channels of a panel. Its weights lie in lines of 64 bytes, each used whole; its
/// channels are 4 at `channel` and 4 each `gap` further.
typedef struct part {
  const tl_u8s8_convolution *convolution;
  const int8_t *weight;
  /// From the weights of 4 inputs to those of the next.
  size_t weight_step;
  /// What sums start with: 128 times the weights' sums make up for centred inputs.
  int32x4_t start[4];
  const float *multiplier;
  const float *bias;
  size_t channel;
  size_t gap;
  /// Whether all weights are above -128.
  int is_symmetric;
} part;

typedef void tile_function(const part *part, const pixel *where);

/// What a pixel's sums start with, and whether -128 is among the weights. This takes the time of
/// about one output pixel.
INLINE void add_weights(part *part, size_t fours) {
  UNROLL for (int v = 0; v < 4; v++) part->start[v] = vdupq_n_s32(0);
  int8x16_t least = vdupq_n_s8(0);
  const int8_t *weight = part->weight;
  for (; fours > 0; fours--, weight += part->weight_step)
    UNROLL for (int v = 0; v < 4; v++) {
      const int8x16_t w = vld1q_s8(weight + 16 * v);
      least = vminq_s8(least, w);
      part->start[v] = vpadalq_s16(part->start[v], vpaddlq_s8(w));
    }
  UNROLL for (int v = 0; v < 4; v++) part->start[v] = vshlq_n_s32(part->start[v], 7);
  part->is_symmetric = vminvq_s8(least) > -128;
}

/// Quantizes and writes the sums of one pixel.
INLINE void write_sums(const part *part, int32x4_t sum[4], const float32x4_t multiplier[4],
                       const float32x4_t bias[4], const pixel *where) {
  int32x4_t value[4];
  UNROLL for (int v = 0; v < 4; v++) value[v] = quantized(sum[v], multiplier[v], bias[v]);
  uint8x16_t bytes = saturated(value[0], value[1], value[2], value[3]);
  if (where->residual) {
    const tl_u8_residual *r = &part->convolution->residual;
    float32x4_t q[4], other[4];
    floats_of(bytes, q);
    floats_of(load_apart(where->residual + part->channel, part->gap), other);
    UNROLL for (int v = 0; v < 4; v++) {
      const float32x4_t scaled =
          vmulq_n_f32(vsubq_f32(other[v], vdupq_n_f32(r->r_zero)), r->r_scale);
      const float32x4_t both =
          vfmaq_n_f32(scaled, vsubq_f32(q[v], vdupq_n_f32(r->q_zero)), r->q_scale);
      value[v] = vcvtnq_s32_f32(vaddq_f32(both, vdupq_n_f32(r->y_zero)));
    }
    bytes = saturated(value[0], value[1], value[2], value[3]);
  }
  if (part->gap == 4)
    vst1q_u8(where->y + part->channel, bytes);
  else
    store_apart(bytes, where->y + part->channel, part->gap);
}

/// Quantizes and writes the sums of a tile.
INLINE void write_tile(const int height, const part *tiled, int32x4_t (*sum)[4],
                       const pixel *where) {
  // A copy that no output can overlap, so that it stays in registers.
  const struct part own = *tiled, *part = &own;
  float32x4_t multiplier[4], bias[4];
  UNROLL for (int v = 0; v < 4; v++) {
    multiplier[v] = vld1q_f32(part->multiplier + 4 * v);
    bias[v] = vld1q_f32(part->bias + 4 * v);
  }
  UNROLL for (int p = 0; p < height; p++) write_sums(part, sum[p], multiplier, bias, where + p);
}

/// Runs pixels through all panels, in tiles of about the same height.
INLINE void all_panels(const tl_u8s8_convolution *a, const int tile_max,
                       tile_function *const *tiles, const pixel *where, size_t count) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    for (size_t v = 0; v < vectors; v++) {
      const size_t scales = first + 16 * v;
      part part = {.convolution = a, .weight = a->packed + first * taps + 64 * v,
                   .weight_step = 64 * vectors, .multiplier = a->multiplier + scales,
                   .bias = a->bias + scales, .channel = first + 4 * v, .gap = 4 * vectors};
      add_weights(&part, taps / 4);
      size_t done = 0;
      for (size_t parts = (count + (size_t)tile_max - 1) / (size_t)tile_max; parts > 0; parts--) {
        const size_t height = (count - done + parts - 1) / parts;
        tiles[height - 1](&part, where + done);
        done += height;
      }
    }
    first += 16 * vectors;
  }
}

INLINE void convolve(const tl_u8s8_convolution *a, const int tile_max,
                     tile_function *const *tiles) {
  // Many, so that adding up the weights for them costs little; their inputs stay in the L2 cache.
  enum { PIXELS_MAX = 120 };
  pixel list[PIXELS_MAX];
  size_t count = 0;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t p = 0; p < a->width; p++) {
      list[count++] = (pixel){
          a->x_rows + row * a->row_step, p * a->x_pixel_stride,
          a->y + row * a->y_row_stride + p * a->y_pixel_stride,
          a->residual.x
              ? a->residual.x + row * a->residual.row_stride + p * a->residual.pixel_stride
              : 0};
      if (count == PIXELS_MAX) {
        all_panels(a, tile_max, tiles, list, count);
        count = 0;
      }
    }
  if (count)
    all_panels(a, tile_max, tiles, list, count);
}
