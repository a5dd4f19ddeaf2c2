#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)

#include "u8s8_depthwise_avx512vnni.h"

enum { VECTORS_MAX = 3 };

/// The sums of `count` pixels of `vectors` x 16 expanded channels.
INLINE void expand_sums(const int count, const int vectors, const tl_u8s8_convolution *a,
                        const uint8_t *row, ptrdiff_t place, const int8_t *weight,
                        __m512i sum[VECTORS_MAX][4]) {
  UNROLL for (int v = 0; v < vectors; v++) UNROLL for (int p = 0; p < 4; p++) sum[v][p] =
      _mm512_setzero_si512();
  const size_t stride = a->x_pixel_stride;
  const uint8_t *x = row + place, *end = x + a->segment_length;
  do {
    __m512i w[VECTORS_MAX];
    UNROLL for (int v = 0; v < vectors; v++) w[v] = _mm512_loadu_si512(weight + v * 64);
    UNROLL for (int p = 0; p < count; p++) {
      const __m512i pixel = _mm512_set1_epi32(*(const int *)(x + (size_t)p * stride));
      UNROLL for (int v = 0; v < vectors; v++) sum[v][p] = DOT(sum[v][p], pixel, w[v]);
    }
    x += 4;
    weight += vectors * 64;
  } while (x != end);
}

/// Quantizes and interleaves the sums of a group; pixels where `mask` is 0 become 0.
INLINE void expand_write(const int vectors, const tl_u8s8_convolution *a, size_t first,
                         __m512i sum[VECTORS_MAX][4], uint32_t mask, size_t group,
                         __m512i ring[VECTORS_MAX][GROUPS_MAX]) {
  const __m512i order = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  UNROLL for (int v = 0; v < vectors; v++) {
    const __m512 multiplier = _mm512_loadu_ps(a->multiplier + first + 16 * v);
    const __m512 bias = _mm512_loadu_ps(a->bias + first + 16 * v);
    __m512i value[4];
    UNROLL for (int p = 0; p < 4; p++) value[p] = quantized(sum[v][p], multiplier, bias);
    const __m512i bytes = _mm512_packus_epi16(_mm512_packs_epi32(value[0], value[1]),
                                              _mm512_packs_epi32(value[2], value[3]));
    ring[v][group] = _mm512_and_si512(_mm512_shuffle_epi8(bytes, order),
                                      _mm512_set1_epi32((int)mask));
  }
}

/// The pixels of a group from `pixel` on that lie within a row, as a mask of an element's bytes.
INLINE uint32_t inside(ptrdiff_t pixel, ptrdiff_t width) {
  const uint32_t left = pixel < 0 ? ~0u << -8 * pixel : ~0u;
  return width - pixel < 4 ? left & ~0u >> (32 - 8 * (width - pixel)) : left;
}

/// Row `row` of the expanded tensor, interleaved, for `vectors` x 16 channels.
INLINE void expand_row(const int vectors, const tl_u8s8_expand_depthwise *a, size_t row,
                       size_t first, size_t groups, __m512i ring[VECTORS_MAX][GROUPS_MAX]) {
  const tl_u8s8_convolution *e = &a->expand;
  const uint8_t *x = e->x_rows[row * e->row_step];
  const ptrdiff_t step = (ptrdiff_t)e->x_pixel_stride, width = (ptrdiff_t)e->width;
  const int8_t *weight = e->packed + first * e->segment_length;
  ptrdiff_t pixel = -(ptrdiff_t)a->pad_left;
  // A group's sums are written while the next one's add up: either alone would wait for itself.
  __m512i sum[VECTORS_MAX][4], next[VECTORS_MAX][4];
  expand_sums(4, vectors, e, x, pixel * step, weight, sum);
  size_t group = 0;
  for (; pixel + 5 < width && group + 1 < groups; group++, pixel += 4) {
    expand_sums(4, vectors, e, x, (pixel + 4) * step, weight, next);
    expand_write(vectors, e, first, sum, inside(pixel, width), group, ring);
    UNROLL for (int v = 0; v < vectors; v++) UNROLL for (int p = 0; p < 4; p++) sum[v][p] =
        next[v][p];
  }
  expand_write(vectors, e, first, sum, inside(pixel, width), group++, ring);
  pixel += 4;
  if (group < groups && pixel < width) {
    expand_sums(1, vectors, e, x, pixel * step, weight, sum);
    expand_write(vectors, e, first, sum, inside(pixel, width), group++, ring);
  }
  for (; group < groups; group++)
    UNROLL for (int v = 0; v < vectors; v++) ring[v][group] = _mm512_setzero_si512();
}

INLINE void block(const int vectors, const tl_u8s8_expand_depthwise *a, size_t first) {
  __m512i ring[3][VECTORS_MAX][GROUPS_MAX];
  const tl_u8s8_depthwise *d = &a->depthwise;
  const size_t groups = (d->width + 3) / 4 * d->stride + 1;
  size_t ready = 0;
  for (size_t row = 0; row < d->rows; row++) {
    const size_t top = row * d->stride;
    for (; ready < top + 3; ready++) {
      // Rows of padding wrap around and lie beyond the last one, too.
      const size_t expanded = ready - a->pad_top;
      if (expanded < a->expand.rows)
        expand_row(vectors, a, expanded, first, groups, ring[ready % 3]);
      else
        UNROLL for (int v = 0; v < vectors; v++) for (size_t group = 0; group < groups; group++)
            ring[ready % 3][v][group] = _mm512_setzero_si512();
    }
    uint8_t *y = d->y + row * d->y_row_stride + first;
    for (int v = 0; v < vectors; v++) {
      const __m512i *x[3] = {ring[top % 3][v], ring[(top + 1) % 3][v], ring[(top + 2) % 3][v]};
      if (d->stride == 1)
        depthwise_row(1, d, first + 16 * (size_t)v, x, y + 16 * v);
      else
        depthwise_row(2, d, first + 16 * (size_t)v, x, y + 16 * v);
    }
  }
}

void u8s8_expand_depthwise_avx512vnni(const tl_u8s8_expand_depthwise *a) {
  for (size_t first = 0; first < a->depthwise.channels;) {
    const size_t vectors = tl_block_vectors(a->depthwise.channels - first);
    if (vectors == 3)
      block(3, a, first);
    else if (vectors == 2)
      block(2, a, first);
    else
      block(1, a, first);
    first += 16 * vectors;
  }
}

#pragma clang attribute pop
#endif
