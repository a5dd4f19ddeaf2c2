#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))),             \
    apply_to = function)

#include "u8s8_depthwise_avx512vnni.h"

/// 1x1 kernels, and 3x3 ones on the dense pixels of 4 bytes of an image.
enum { POINTWISE, IMAGE };

/// Four pixels of `vectors` x 16 expanded channels, interleaved; `count` of them are computed, the
/// others are 0.
INLINE void expand_group(const int count, const int vectors, const int kind,
                         const tl_u8s8_convolution *a, const uint8_t *const *rows,
                         ptrdiff_t place, size_t first, const float *const biases[4],
                         __m512i out[VECTORS]) {
  __m512i sum[VECTORS][4];
  UNROLL for (int v = 0; v < vectors; v++) UNROLL for (int p = 0; p < 4; p++) sum[v][p] =
      _mm512_setzero_si512();
  const size_t length = kind == IMAGE ? 12 : a->segment_length;
  const int8_t *weight = a->packed + first * length * (kind == IMAGE ? 3 : 1);
  const size_t stride = a->x_pixel_stride;
  UNROLL for (int ky = 0; ky < (kind == IMAGE ? 3 : 1); ky++) {
    const uint8_t *x = rows[ky] + place;
    for (size_t k = 0; k < length; k += 4, weight += vectors * 64) {
      __m512i w[VECTORS];
      UNROLL for (int v = 0; v < vectors; v++) w[v] = _mm512_loadu_si512(weight + v * 64);
      UNROLL for (int p = 0; p < count; p++) {
        const __m512i pixel = _mm512_set1_epi32(*(const int *)(x + (size_t)p * stride + k));
        UNROLL for (int v = 0; v < vectors; v++) sum[v][p] = DOT(sum[v][p], pixel, w[v]);
      }
    }
  }
  const __m512i order = _mm512_broadcast_i32x4(
      _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15));
  UNROLL for (int v = 0; v < vectors; v++) {
    const __m512 multiplier = _mm512_loadu_ps(a->multiplier + first + 16 * v);
    __m512i value[4];
    UNROLL for (int p = 0; p < 4; p++) value[p] =
        p < count ? quantized(sum[v][p], multiplier, _mm512_loadu_ps(biases[p] + first + 16 * v))
                  : _mm512_setzero_si512();
    const __m512i bytes = _mm512_packus_epi16(_mm512_packs_epi32(value[0], value[1]),
                                              _mm512_packs_epi32(value[2], value[3]));
    out[v] = _mm512_shuffle_epi8(bytes, order);
  }
}

/// Row `row` of the expanded tensor, interleaved, for `vectors` x 16 channels.
INLINE void expand_row(const int vectors, const int kind, const tl_u8s8_expand_depthwise *a,
                       size_t row, size_t first, size_t groups,
                       __m512i ring[VECTORS][GROUPS_MAX]) {
  const tl_u8s8_convolution *e = &a->expand;
  const uint8_t *const *rows = e->x_rows + row * e->row_step;
  const ptrdiff_t step = (ptrdiff_t)e->x_pixel_stride, width = (ptrdiff_t)e->width;
  const float *const all[4] = {e->bias, e->bias, e->bias, e->bias};
  ptrdiff_t pixel = -(ptrdiff_t)a->pad_left;
  for (size_t group = 0; group < groups; group++, pixel += 4) {
    __m512i out[VECTORS];
    if (pixel >= width) {
      UNROLL for (int v = 0; v < vectors; v++) out[v] = _mm512_setzero_si512();
    } else if (pixel + 1 == width) {
      expand_group(1, vectors, kind, e, rows, pixel * step, first, all, out);
    } else {
      expand_group(4, vectors, kind, e, rows, pixel * step, first, all, out);
      uint32_t mask = ~0u;
      if (pixel < 0)
        mask <<= -8 * pixel;
      if (width - pixel < 4)
        mask &= ~0u >> (32 - 8 * (width - pixel));
      if (mask != ~0u)
        UNROLL for (int v = 0; v < vectors; v++) out[v] =
            _mm512_and_si512(out[v], _mm512_set1_epi32((int)mask));
    }
    UNROLL for (int v = 0; v < vectors; v++) ring[v][group] = out[v];
  }
}

INLINE void block(const int vectors, const int kind, const tl_u8s8_expand_depthwise *a,
                  size_t first) {
  __m512i ring[3][VECTORS][GROUPS_MAX];
  const tl_u8s8_depthwise *d = &a->depthwise;
  const size_t groups = (d->width + 3) / 4 * d->stride + 1;
  size_t ready = 0;
  for (size_t row = 0; row < d->rows; row++) {
    const size_t top = row * d->stride;
    for (; ready < top + 3; ready++) {
      // Rows of padding wrap around and lie beyond the last one, too.
      const size_t expanded = ready - a->pad_top;
      if (expanded < a->expand.rows)
        expand_row(vectors, kind, a, expanded, first, groups, ring[ready % 3]);
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

#define BLOCK(vectors, kind)                                                                       \
  static void block_##vectors##_##kind(const tl_u8s8_expand_depthwise *a, size_t first) {          \
    block(vectors, kind, a, first);                                                                \
  }
BLOCK(1, POINTWISE)
BLOCK(2, POINTWISE)
BLOCK(3, POINTWISE)
BLOCK(4, POINTWISE)
BLOCK(1, IMAGE)
BLOCK(2, IMAGE)
BLOCK(3, IMAGE)
BLOCK(4, IMAGE)

typedef void block_function(const tl_u8s8_expand_depthwise *, size_t);
static block_function *const blocks[2][VECTORS] = {
    {block_1_POINTWISE, block_2_POINTWISE, block_3_POINTWISE, block_4_POINTWISE},
    {block_1_IMAGE, block_2_IMAGE, block_3_IMAGE, block_4_IMAGE}};

void u8s8_expand_depthwise_avx512vnni(const tl_u8s8_expand_depthwise *a) {
  const int kind = a->expand.kernel_height == 3 ? IMAGE : POINTWISE;
  for (size_t first = 0; first < a->depthwise.channels;) {
    const size_t vectors = tl_block_vectors(a->depthwise.channels - first);
    blocks[kind][vectors - 1](a, first);
    first += 16 * vectors;
  }
}

#pragma clang attribute pop
#endif
