// The dense int8 convolution on vectors of 512 bits. The including file defines DOT(sum, x, w), which
// adds the four products of each 32-bit element's bytes, and the name of the function.
#include <immintrin.h>

#include "u8s8.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// Output pixels of half a tile; 28 of the 32 registers are sums: 7 pixels by 4 vectors, or 2 x 7
/// pixels by 2.
enum { HALF = 7 };

/// Multiples of a stride that x86 addressing can scale to all of pixels 0 to 6.
typedef struct strides {
  size_t one, three, five;
} strides;

INLINE size_t offset(strides s, int pixel) {
  switch (pixel) {
  case 0:
    return 0;
  case 1:
    return s.one;
  case 2:
    return s.one * 2;
  case 3:
    return s.three;
  case 4:
    return s.one * 4;
  case 5:
    return s.five;
  default:
    return s.three * 2;
  }
}

typedef struct half {
  size_t row, pixel;
} half;

INLINE __m512i broadcast(const uint8_t *x) { return _mm512_set1_epi32(*(const int *)x); }

/// Bytes of lane l, group v, as 32-bit elements: a panel's order.
INLINE __m512i residual_bytes(const int vectors, const uint8_t *r, int v) {
  if (vectors == 1)
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)r));
  __m512i all;
  if (vectors == 4)
    all = _mm512_loadu_si512(r);
  else
    all = _mm512_permutexvar_epi64(
        _mm512_setr_epi64(0, 0, 1, 1, 2, 2, 3, 3),
        _mm512_castsi256_si512(_mm256_loadu_si256((const __m256i *)r)));
  const __m512i order = _mm512_broadcast_i32x4(_mm_setr_epi32(
      (int)0x80808000, (int)0x80808001, (int)0x80808002, (int)0x80808003));
  return _mm512_shuffle_epi8(all, _mm512_add_epi32(order, _mm512_set1_epi32(4 * v)));
}

INLINE __m512i quantized(__m512i sum, __m512 multiplier, __m512 bias) {
  return _mm512_cvtps_epi32(_mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), multiplier, bias));
}

/// What is written for one vector of sums, before it saturates to bytes.
INLINE __m512i finished(const int vectors, __m512i sum, __m512 multiplier, __m512 bias,
                        const tl_u8_residual *residual, const uint8_t *r, int v) {
  __m512i value = quantized(sum, multiplier, bias);
  if (!r)
    return value;
  value = _mm512_min_epi32(_mm512_max_epi32(value, _mm512_setzero_si512()), _mm512_set1_epi32(255));
  const __m512 q = _mm512_sub_ps(_mm512_cvtepi32_ps(value), _mm512_set1_ps(residual->q_zero));
  const __m512 other = _mm512_sub_ps(_mm512_cvtepi32_ps(residual_bytes(vectors, r, v)),
                                     _mm512_set1_ps(residual->r_zero));
  const __m512 scaled = _mm512_mul_ps(other, _mm512_set1_ps(residual->r_scale));
  return _mm512_cvtps_epi32(
      _mm512_add_ps(_mm512_fmadd_ps(q, _mm512_set1_ps(residual->q_scale), scaled),
                    _mm512_set1_ps(residual->y_zero)));
}

/// `halves` x `height` pixels by `vectors` x 16 channels of one panel.
INLINE void tile(const int halves, const int height, const int vectors,
                 const tl_u8s8_convolution *a, size_t first, const half *where) {
  __m512i sum[2][HALF][4];
  UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++)
      UNROLL for (int v = 0; v < vectors; v++) sum[h][p][v] = _mm512_setzero_si512();
  const int8_t *weight = a->packed + first * a->segment_count * a->segment_length;
  strides s = {a->x_pixel_stride, a->x_pixel_stride * 3, a->x_pixel_stride * 5};
  // Opaque to the optimizer, which would otherwise keep a pointer for each pixel and spill them.
  __asm__("" : "+r"(s.one), "+r"(s.three), "+r"(s.five));
  size_t start[2];
  UNROLL for (int h = 0; h < halves; h++) start[h] =
      where[h].row * a->x_row_stride + where[h].pixel * a->x_pixel_stride;
  for (size_t segment = 0; segment < a->segment_count; segment++) {
    const uint8_t *x0 = a->segments[segment] + start[0];
    const uint8_t *x1 = a->segments[segment] + (halves > 1 ? start[1] : 0);
#define STEP(k)                                                                                    \
  do {                                                                                             \
    __m512i w[4];                                                                                  \
    UNROLL for (int v = 0; v < vectors; v++) w[v] =                                                \
        _mm512_loadu_si512(weight + ((k) * vectors + v) * 64);                                     \
    UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++) {              \
      const __m512i x = broadcast((h == 0 ? x0 : x1) + offset(s, p) + 4 * (k));                    \
      UNROLL for (int v = 0; v < vectors; v++) sum[h][p][v] = DOT(sum[h][p][v], x, w[v]);          \
    }                                                                                              \
  } while (0)
    size_t left = a->segment_length / 4;
    for (; left >= 2; left -= 2) {
      STEP(0);
      STEP(1);
      weight += 2 * vectors * 64;
      x0 += 8;
      x1 += 8;
      __asm__("" : "+r"(x0), "+r"(x1));
    }
    if (left) {
      STEP(0);
      weight += vectors * 64;
    }
#undef STEP
  }
  __m512 multiplier[4], bias[4];
  UNROLL for (int v = 0; v < vectors; v++) {
    multiplier[v] = _mm512_loadu_ps(a->multiplier + first + v * 16);
    bias[v] = _mm512_loadu_ps(a->bias + first + v * 16);
  }
  UNROLL for (int h = 0; h < halves; h++) {
    uint8_t *y = a->y + where[h].row * a->y_row_stride + where[h].pixel * a->y_pixel_stride + first;
    const uint8_t *r = a->residual.x;
    if (r)
      r += where[h].row * a->residual.row_stride + where[h].pixel * a->residual.pixel_stride + first;
    __m512i words[HALF];
    UNROLL for (int p = 0; p < height; p++) {
      const uint8_t *here = r ? r + (size_t)p * a->residual.pixel_stride : 0;
      uint8_t *out = y + (size_t)p * a->y_pixel_stride;
      __m512i value[4];
      UNROLL for (int v = 0; v < vectors; v++) value[v] = finished(
          vectors, sum[h][p][v], multiplier[v], bias[v], &a->residual, here, v);
      if (vectors == 4) {
        _mm512_storeu_si512(out, _mm512_packus_epi16(_mm512_packs_epi32(value[0], value[1]),
                                                     _mm512_packs_epi32(value[2], value[3])));
      } else if (vectors == 2) {
        words[p] = _mm512_packs_epi32(value[0], value[1]);
      } else {
        _mm_storeu_si128((__m128i *)out, _mm512_cvtusepi32_epi8(_mm512_max_epi32(
                                             value[0], _mm512_setzero_si512())));
      }
    }
    if (vectors == 2) {
      const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
      UNROLL for (int p = 0; p < height; p += 2) {
        const int next = p + 1 < height ? p + 1 : p;
        const __m512i both =
            _mm512_permutexvar_epi64(order, _mm512_packus_epi16(words[p], words[next]));
        _mm256_storeu_si256((__m256i *)(y + (size_t)p * a->y_pixel_stride),
                            _mm512_castsi512_si256(both));
        if (next != p)
          _mm256_storeu_si256((__m256i *)(y + (size_t)next * a->y_pixel_stride),
                              _mm512_extracti64x4_epi64(both, 1));
      }
    }
  }
}

#define CASE(h)                                                                                    \
  case h:                                                                                          \
    if (halves == 2)                                                                               \
      tile(vectors == 4 ? 1 : 2, h, vectors, a, first, where);                                     \
    else                                                                                           \
      tile(1, h, vectors, a, first, where);                                                        \
    break;
#define DISPATCH(vectors_of_panel)                                                                 \
  static void dispatch##vectors_of_panel(int halves, size_t height, const tl_u8s8_convolution *a,  \
                                         size_t first, const half *where) {                        \
    const int vectors = vectors_of_panel;                                                          \
    switch (height) { CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) }                    \
  }
DISPATCH(1)
DISPATCH(2)
DISPATCH(4)
#undef DISPATCH
#undef CASE

void CONVOLUTION(const tl_u8s8_convolution *a) {
  const size_t parts = (a->width + HALF - 1) / HALF;
  const size_t height = parts ? (a->width + parts - 1) / parts : 0;
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    const int halves = vectors == 4 ? 1 : 2;
    half pending[2];
    int count = 0;
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel += height) {
        const half here = {row, pixel};
        const size_t left = a->width - pixel;
        int ready = 1;
        size_t tall = left;
        const half *where = &here;
        if (left >= height) {
          pending[count++] = here;
          if (count < halves)
            continue;
          ready = count;
          tall = height;
          where = pending;
          count = 0;
        }
        (vectors == 4 ? dispatch4 : vectors == 2 ? dispatch2 : dispatch1)(ready, tall, a, first,
                                                                          where);
      }
    if (count)
      (vectors == 2 ? dispatch2 : dispatch1)(1, height, a, first, pending);
    first += 16 * vectors;
  }
}
