// An expansion with the depthwise convolution that reads it, but for the expansion's sums.
//
// Who includes it defines
//   EXPAND_DEPTHWISE  the function's name
//   CAN_TAKE(a)       whether its sums are for this expansion; others go to FALLBACK
//   ARRANGED_BYTES    of the weights of 16 channels, where they are arranged first
//   begin_part        sets `weight` and `start` of a part
//   expand_sums       the sums of `count` neighbouring pixels of 16 expanded channels
#include "u8s8_depthwise_neondot.h"

enum { VECTORS_MAX = 3 };

/// 16 channels of the expansion: their weights, and what their sums start with.
typedef struct part {
  const int8_t *weight;
  /// From the weights of 4 inputs to those of the next, where they aren't arranged.
  size_t weight_step;
  const float *multiplier;
  const float *bias;
  int32x4_t start[4];
} part;

/// `packed` has `vectors` x 16 channels, of which this is vector `v`; there is room at `arranged`.
static void begin_part(const tl_u8s8_convolution *a, const int8_t *packed, size_t vectors, size_t v,
                       int8_t *arranged, part *p);
INLINE void expand_sums(const int count, const tl_u8s8_convolution *a, const part *part,
                        const uint8_t *const *rows, ptrdiff_t place, int32x4_t sum[4][4]);

/// Quantizes and interleaves the sums of a group; unless it is whole, pixels where `mask` is 0
/// become 0.
INLINE void expand_write(const int is_whole, const float *multipliers, const float *biases,
                         int32x4_t sum[4][4], uint32_t mask, group *out) {
  static const uint8_t order[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
  const uint8x16_t transposed = vld1q_u8(order);
  const uint8x16_t inside = vreinterpretq_u8_u32(vdupq_n_u32(mask));
  UNROLL for (int q = 0; q < 4; q++) {
    const float32x4_t multiplier = vld1q_f32(multipliers + 4 * q);
    const float32x4_t bias = vld1q_f32(biases + 4 * q);
    int32x4_t value[4];
    UNROLL for (int p = 0; p < 4; p++) value[p] = quantized(sum[p][q], multiplier, bias);
    const uint8x16_t bytes = saturated(value[0], value[1], value[2], value[3]);
    const uint8x16_t pixels = vqtbl1q_u8(bytes, transposed);
    out->channels[q] = centred(is_whole ? pixels : vandq_u8(pixels, inside));
  }
}

/// The pixels of a group from `pixel` on that lie within a row, as a mask of an element's bytes.
INLINE uint32_t inside(ptrdiff_t pixel, ptrdiff_t width) {
  const uint32_t left = pixel < 0 ? ~0u << -8 * pixel : ~0u;
  return width - pixel < 4 ? left & ~0u >> (32 - 8 * (width - pixel)) : left;
}

INLINE void clear(group *ring, size_t count) {
  const int8x16_t zero = centred(vdupq_n_u8(0));
  for (size_t g = 0; g < count; g++) ring[g] = (group){{zero, zero, zero, zero}};
}

/// Row `row` of the expanded tensor, interleaved, for 16 channels.
static void expand_row(const tl_u8s8_expand_depthwise *a, const part *part, size_t row,
                       size_t groups, group *ring) {
  const tl_u8s8_convolution *e = &a->expand;
  const uint8_t *const *rows = e->x_rows + row * e->row_step;
  const ptrdiff_t step = (ptrdiff_t)e->x_pixel_stride, width = (ptrdiff_t)e->width;
  ptrdiff_t pixel = -(ptrdiff_t)a->pad_left;
  const float *multipliers = part->multiplier, *biases = part->bias;
  int32x4_t sum[4][4];
  size_t g = 0;
  // A group may begin or end beyond the row, whose last pixel alone needn't cost four.
  for (; g < groups && pixel + 1 < width; g++, pixel += 4) {
    expand_sums(4, e, part, rows, pixel * step, sum);
    if (pixel >= 0 && pixel + 4 <= width)
      expand_write(1, multipliers, biases, sum, 0, ring + g);
    else
      expand_write(0, multipliers, biases, sum, inside(pixel, width), ring + g);
  }
  if (g < groups && pixel < width) {
    expand_sums(1, e, part, rows, pixel * step, sum);
    expand_write(0, multipliers, biases, sum, inside(pixel, width), ring + g++);
  }
  clear(ring + g, groups - g);
}

/// `vectors` x 16 channels from `first` on.
INLINE void block(const int stride, const tl_u8s8_expand_depthwise *a, size_t first,
                  size_t vectors) {
  group ring[3][VECTORS_MAX][GROUPS_MAX];
  _Alignas(64) int8_t arranged[VECTORS_MAX][ARRANGED_BYTES];
  part parts[VECTORS_MAX];
  const tl_u8s8_convolution *e = &a->expand;
  const int8_t *packed = e->packed + first * e->kernel_height * e->segment_length;
  for (size_t v = 0; v < vectors; v++) {
    parts[v].multiplier = e->multiplier + first + 16 * v;
    parts[v].bias = e->bias + first + 16 * v;
    begin_part(e, packed, vectors, v, arranged[v], parts + v);
  }
  const tl_u8s8_depthwise *d = &a->depthwise;
  const size_t groups = (d->width + 3) / 4 * (size_t)stride + 1;
  size_t ready = 0;
  for (size_t row = 0; row < d->rows; row++) {
    const size_t top = row * (size_t)stride;
    for (; ready < top + 3; ready++) {
      // Rows of padding wrap around and lie beyond the last one, too.
      const size_t expanded = ready - a->pad_top;
      for (size_t v = 0; v < vectors; v++)
        if (expanded < a->expand.rows)
          expand_row(a, parts + v, expanded, groups, ring[ready % 3][v]);
        else
          clear(ring[ready % 3][v], groups);
    }
    uint8_t *y = d->y + row * d->y_row_stride + first;
    for (size_t v = 0; v < vectors; v++) {
      const group *const rows[3] = {ring[top % 3][v], ring[(top + 1) % 3][v],
                                    ring[(top + 2) % 3][v]};
      depthwise_row(stride, d, first + 16 * v, rows, y + 16 * v);
    }
  }
}

void EXPAND_DEPTHWISE(const tl_u8s8_expand_depthwise *a) {
  if (!CAN_TAKE(&a->expand)) {
    FALLBACK(a);
    return;
  }
  for (size_t first = 0; first < a->depthwise.channels;) {
    const size_t vectors = tl_block_vectors(a->depthwise.channels - first);
    if (a->depthwise.stride == 1)
      block(1, a, first, vectors);
    else
      block(2, a, first, vectors);
    first += 16 * vectors;
  }
}
