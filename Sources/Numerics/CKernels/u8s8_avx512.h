// The dense int8 convolution on vectors of 512 bits.
//
// Who includes it defines
//   CONVOLUTION     the function's name
//   DOT(sum, x, w)  adds the four products of each 32-bit element's bytes
//   DOT_OF_TWO(sum, x0, w0, x1, w1)  the same for two elements, if they are quicker together
//   FITTING_BYTES   if there is a quicker function for weights whose products fit 16 bits
#include <immintrin.h>

#include "variants.h"

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

/// Where one half of a tile reads and writes.
typedef struct half {
  /// The input rows of its kernel, and the place of its first pixel in them.
  const uint8_t *const *rows;
  size_t place;
  uint8_t *y;
  const uint8_t *residual;
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

/// The kernels that have code of their own: 1x1, and 3x3 on the dense pixels of 4 bytes of an image.
enum { ANY, POINTWISE, IMAGE };

INLINE int kind_of(const tl_u8s8_convolution *a) {
  if (a->segments > 1)
    return ANY;
  if (a->kernel_height == 3 && a->segment_length == 12)
    return IMAGE;
  return a->kernel_height == 1 ? POINTWISE : ANY;
}

/// `halves` x `height` pixels by `vectors` x 16 channels of one panel.
INLINE void tile(const int halves, const int height, const int vectors, const int kind,
                 const tl_u8s8_convolution *a, size_t first, const half *where) {
  // Aligns the frame: a register that is spilled across cache lines would take twice the time.
  __m512i line;
  __asm__("" : "=m"(line));
  __m512i sum[2][HALF][4];
  UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++)
      UNROLL for (int v = 0; v < vectors; v++) sum[h][p][v] = _mm512_setzero_si512();
  const size_t kernel_height = kind == POINTWISE ? 1 : kind == IMAGE ? 3 : a->kernel_height;
  const size_t segments = kind == ANY ? a->segments : 1;
  const size_t segment_length = kind == IMAGE ? 12 : a->segment_length;
  const int8_t *weight = a->packed + first * kernel_height * segments * segment_length;
  strides s = {a->x_pixel_stride, a->x_pixel_stride * 3, a->x_pixel_stride * 5};
  // Opaque to the optimizer, which would otherwise keep a pointer for each pixel and spill them.
  __asm__("" : "+r"(s.one), "+r"(s.three), "+r"(s.five));
  for (size_t ky = 0; ky < kernel_height; ky++)
    for (size_t segment = 0; segment < segments; segment++) {
      const size_t skip = kind == ANY ? segment * a->segment_stride : 0;
      const uint8_t *x0 = where[0].rows[ky] + where[0].place + skip;
      const uint8_t *x1 = halves > 1 ? where[1].rows[ky] + where[1].place + skip : x0;
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
#ifdef DOT_OF_TWO
    // Two elements go together only if they begin at an even place of the whole sum.
    const bool has_twos = kind == POINTWISE || segment_length % 8 == 0;
#define TWO_STEPS                                                                                  \
  UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++) {                \
    const uint8_t *x = (h == 0 ? x0 : x1) + offset(s, p);                                          \
    const __m512i first = broadcast(x), second = broadcast(x + 4);                                 \
    UNROLL for (int v = 0; v < vectors; v++) sum[h][p][v] =                                        \
        DOT_OF_TWO(sum[h][p][v], first, _mm512_loadu_si512(weight + v * 64), second,               \
                   _mm512_loadu_si512(weight + (vectors + v) * 64));                               \
  }
#else
    const bool has_twos = true;
#define TWO_STEPS                                                                                  \
  STEP(0);                                                                                         \
  STEP(1)
#endif
    size_t left = segment_length / 4;
    for (; left >= 2 && has_twos; left -= 2) {
      TWO_STEPS;
      weight += 2 * vectors * 64;
      x0 += 8;
      x1 += 8;
      __asm__("" : "+r"(x0), "+r"(x1));
    }
    for (; left > 0; left--) {
      STEP(0);
      weight += vectors * 64;
      x0 += 4;
      x1 += 4;
    }
#undef STEP
#undef TWO_STEPS
    }
  __m512 multiplier[4], bias[4];
  UNROLL for (int v = 0; v < vectors; v++) {
    multiplier[v] = _mm512_loadu_ps(a->multiplier + first + v * 16);
    bias[v] = _mm512_loadu_ps(a->bias + first + v * 16);
  }
  UNROLL for (int h = 0; h < halves; h++) {
    uint8_t *y = where[h].y + first;
    const uint8_t *r = where[h].residual ? where[h].residual + first : 0;
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

/// All tiles of one panel whose halves have the same height.
#define PANEL(vectors, height, kind)                                                       \
  static void panel_##vectors##_##height##_##kind(                                         \
      const tl_u8s8_convolution *a, size_t first, const half *where, size_t count) {               \
    size_t done = 0;                                                                               \
    if (vectors < 2)                                                                               \
      for (; done + 2 <= count; done += 2)                                                         \
        tile(2, height, vectors, kind, a, first, where + done);                            \
    for (; done < count; done++)                                                                   \
      tile(1, height, vectors, kind, a, first, where + done);                              \
  }
#define PANELS(vectors, kind)                                                                      \
  PANEL(vectors, 1, kind) PANEL(vectors, 2, kind) PANEL(vectors, 3, kind) PANEL(vectors, 4, kind)  \
  PANEL(vectors, 5, kind) PANEL(vectors, 6, kind) PANEL(vectors, 7, kind)
PANELS(1, POINTWISE)
PANELS(2, POINTWISE)
PANELS(4, POINTWISE)
PANELS(1, IMAGE)
PANELS(2, IMAGE)
PANELS(4, IMAGE)
PANEL(1, 1, ANY)
PANEL(2, 1, ANY)
PANEL(4, 1, ANY)
PANEL(1, 7, ANY)
PANEL(2, 7, ANY)
PANEL(4, 7, ANY)

typedef void panel_function(const tl_u8s8_convolution *, size_t, const half *, size_t);

#define HEIGHTS(vectors, kind)                                                                     \
  panel_##vectors##_1_##kind, panel_##vectors##_2_##kind, panel_##vectors##_3_##kind,              \
      panel_##vectors##_4_##kind, panel_##vectors##_5_##kind, panel_##vectors##_6_##kind,          \
      panel_##vectors##_7_##kind

/// By vectors (1, 2, 4) and height; kernels of any kind have tiles of 1 and 7 pixels alone.
static panel_function *const pointwise_panels[3][HALF] = {
    {HEIGHTS(1, POINTWISE)}, {HEIGHTS(2, POINTWISE)}, {HEIGHTS(4, POINTWISE)}};
static panel_function *const image_panels[3][HALF] = {
    {HEIGHTS(1, IMAGE)}, {HEIGHTS(2, IMAGE)}, {HEIGHTS(4, IMAGE)}};
static panel_function *const low_panels[3] = {panel_1_1_ANY, panel_2_1_ANY, panel_4_1_ANY};
static panel_function *const high_panels[3] = {panel_1_7_ANY, panel_2_7_ANY, panel_4_7_ANY};

/// Runs halves of one height through all panels.
static void all_panels(const tl_u8s8_convolution *a, size_t height, const half *where,
                       size_t count) {
  const int kind = kind_of(a);
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    panel_function *run = kind == POINTWISE ? pointwise_panels[vectors / 2][height - 1]
                          : kind == IMAGE   ? image_panels[vectors / 2][height - 1]
                          : height == HALF  ? high_panels[vectors / 2]
                                            : low_panels[vectors / 2];
    run(a, first, where, count);
    first += 16 * vectors;
  }
}

/// Cuts the output into halves of tiles, some at a time: those of a row have the same height, but
/// for the last one.
void CONVOLUTION(const tl_u8s8_convolution *a) {
#ifdef FITTING_BYTES
  if (a->fits_16_bits) {
    FITTING_BYTES(a);
    return;
  }
#endif
  enum { HALVES_MAX = 64 };
  half list[HALVES_MAX], rest[HALVES_MAX];
  const int is_any = kind_of(a) == ANY;
  const size_t parts = (a->width + HALF - 1) / HALF;
  const size_t even = (a->width + parts - 1) / parts;
  const size_t height = !is_any ? even : a->width < HALF ? 1 : HALF;
  const size_t rest_height = is_any ? 1 : a->width % height;
  size_t count = 0, rest_count = 0;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width;) {
      const half here = {a->x_rows + row * a->row_step, pixel * a->x_pixel_stride,
                         a->y + row * a->y_row_stride + pixel * a->y_pixel_stride,
                         a->residual.x ? a->residual.x + row * a->residual.row_stride +
                                             pixel * a->residual.pixel_stride
                                       : 0};
      if (a->width - pixel >= height) {
        list[count++] = here;
        pixel += height;
      } else {
        rest[rest_count++] = here;
        pixel += rest_height;
      }
      if (count == HALVES_MAX) {
        all_panels(a, height, list, count);
        count = 0;
      }
      if (rest_count == HALVES_MAX) {
        all_panels(a, rest_height, rest, rest_count);
        rest_count = 0;
      }
    }
  if (count)
    all_panels(a, height, list, count);
  if (rest_count)
    all_panels(a, rest_height, rest, rest_count);
}
