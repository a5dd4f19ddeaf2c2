#if defined(__x86_64__)
#pragma clang attribute push(                                                                      \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)

#include "f32_avx512.h"

/// Output pixels of half a tile. A tile is two halves, which may lie in different rows: 2 x 7
/// pixels by two vectors of channels take 28 of the 32 registers as accumulators.
enum { HALF = 7 };

/// Where one half of a tile reads and writes.
typedef struct half {
  /// The input rows of its kernel, and the place of its first pixel in them.
  const float *const *rows;
  size_t place;
  float *y;
  const float *residual;
} half;

/// Vectors that hold a panel's channels, counted in eights: of 16 for 16 and 32 channels, and of 8
/// for 8 and 24. Where a processor takes 512 bits in two halves, as Zen 4 does, 24 channels then
/// cost three quarters of what 32 do.
typedef struct columns {
  __m512 wide[2];
  __m256 narrow[3];
} columns;

INLINE columns load_columns(const int wide, const int narrow, const float *x) {
  columns c = {0};
  UNROLL for (int v = 0; v < wide; v++) c.wide[v] = _mm512_loadu_ps(x + v * GROUP);
  UNROLL for (int v = 0; v < narrow; v++) c.narrow[v] = _mm256_loadu_ps(x + v * 8);
  return c;
}

/// sum = fma(*x, w, sum). Every product loads its pixel's value itself, though two could share it:
/// on Zen 4 a store costs multiply-adds that read three registers a cycle and more, and those that
/// read two nothing.
#define ADD_PRODUCT(sum, x, w)                                                                     \
  __asm__("vfmadd231ps %1%{1to16%}, %2, %0" : "+v"(sum) : "m"(*(x)), "v"(w))

/// `halves` x `height` pixels by `eights` x 8 channels of one panel: clipped, with the residual
/// added, or the sums alone where the activation isn't clipping. With `is_pointwise` the kernel has
/// one row of one segment. Weights for `later` are fetched meanwhile, a quarter of what it reads.
INLINE void tile(const int halves, const int height, const int eights, const int is_pointwise,
                 const tl_f32_convolution *a, const float *panel, const float *later, size_t first,
                 const half *where) {
  const int wide = eights % 2 ? 0 : eights / 2, narrow = eights % 2 ? eights : 0;
  const int step = (eights + 1) / 2 * GROUP;
  columns sum[2][HALF];
  const columns bias = load_columns(wide, narrow, panel);
  UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++) sum[h][p] = bias;
  const float *weight = panel + step;
  const strides s = strides_of(a->x_pixel_stride);
  const size_t kernel_height = is_pointwise ? 1 : a->kernel_height;
  const size_t segments = is_pointwise ? 1 : a->segments;
  for (size_t ky = 0; ky < kernel_height; ky++)
    for (size_t segment = 0; segment < segments; segment++) {
      const size_t skip = is_pointwise ? 0 : segment * a->segment_stride;
      const char *x0 = (const char *)(where[0].rows[ky] + where[0].place + skip);
      const char *x1 = halves > 1 ? (const char *)(where[1].rows[ky] + where[1].place + skip) : x0;
#define STEP(k)                                                                                    \
  do {                                                                                             \
    const columns w = load_columns(wide, narrow, weight + (k) * step);                             \
    UNROLL for (int h = 0; h < halves; h++) UNROLL for (int p = 0; p < height; p++) {              \
      const float *x = at(h == 0 ? x0 : x1, offset(s, p)) + (k);                                   \
      UNROLL for (int v = 0; v < wide; v++) ADD_PRODUCT(sum[h][p].wide[v], x, w.wide[v]);          \
      UNROLL for (int v = 0; v < narrow; v++) sum[h][p].narrow[v] =                                \
          _mm256_fmadd_ps(_mm256_set1_ps(*x), w.narrow[v], sum[h][p].narrow[v]);                   \
    }                                                                                              \
  } while (0)
    size_t left = a->segment_length;
    for (; left >= 4; left -= 4) {
      UNROLL for (int c = 0; c < step; c += GROUP) __builtin_prefetch(later + c);
      later += step;
      STEP(0);
      STEP(1);
      STEP(2);
      STEP(3);
      weight += 4 * step;
      x0 += 16;
      x1 += 16;
      __asm__("" : "+r"(x0), "+r"(x1));
    }
    for (; left > 0; left--) {
      STEP(0);
      weight += step;
      x0 += 4;
      x1 += 4;
      __asm__("" : "+r"(x0), "+r"(x1));
    }
#undef STEP
    }
  // Everything else is read before the first store, after which the compiler would read it again.
  const int clips = a->activation.kind == TL_CLIP;
  const __m512 low = _mm512_set1_ps(a->activation.low), high = _mm512_set1_ps(a->activation.high);
  const __m256 low8 = _mm512_castps512_ps256(low), high8 = _mm512_castps512_ps256(high);
  const strides ys = strides_of(a->y_pixel_stride), rs = strides_of(a->residual_pixel_stride);
  UNROLL for (int h = 0; h < halves; h++) {
    char *y = (char *)(where[h].y + first);
    const char *r = where[h].residual ? (const char *)(where[h].residual + first) : 0;
#define STORE(WIDE, NARROW)                                                                        \
  UNROLL for (int p = 0; p < height; p++) {                                                        \
    UNROLL for (int v = 0; v < wide; v++) {                                                        \
      const __m512 value = sum[h][p].wide[v];                                                      \
      _mm512_storeu_ps(at(y, offset(ys, p)) + v * GROUP, WIDE);                                    \
    }                                                                                              \
    UNROLL for (int v = 0; v < narrow; v++) {                                                      \
      const __m256 value = sum[h][p].narrow[v];                                                    \
      _mm256_storeu_ps(at(y, offset(ys, p)) + v * 8, NARROW);                                      \
    }                                                                                              \
  }
    if (!clips)
      STORE(value, value)
    else if (!r)
      STORE(clip(value, low, high), clip8(value, low8, high8))
    else
      STORE(_mm512_add_ps(clip(value, low, high),
                          _mm512_loadu_ps(at(r, offset(rs, p)) + v * GROUP)),
            _mm256_add_ps(clip8(value, low8, high8),
                          _mm256_loadu_ps(at(r, offset(rs, p)) + v * 8)))
#undef STORE
  }
}

/// What the tiles leave to do for other activations than clipping, on outputs that hold the sums.
static void activate_sums(const tl_f32_convolution *a, size_t height, const half *where,
                          size_t count) {
  for (size_t h = 0; h < count; h++)
    for (size_t p = 0; p < height; p++)
      for (size_t first = 0; first < a->outputs; first += GROUP) {
        float *y = where[h].y + p * a->y_pixel_stride + first;
        __m512 value = activate(_mm512_loadu_ps(y), a->activation);
        if (where[h].residual)
          value = _mm512_add_ps(
              value,
              _mm512_loadu_ps(where[h].residual + p * a->residual_pixel_stride + first));
        _mm512_storeu_ps(y, value);
      }
}

/// All tiles of one panel whose halves have the same height.
#define PANEL(eights, height, is_pointwise)                                                        \
  static void panel_##eights##_##height##_##is_pointwise(                                          \
      const tl_f32_convolution *a, const float *panel, size_t panel_size, size_t first,            \
      const half *where, size_t count) {                                                           \
    /* The next panel; four tiles, of which 7x7 pixels have no more, share the work. */            \
    const float *later = panel + panel_size, *const end = later + panel_size;                      \
    size_t done = 0;                                                                               \
    /* Two halves by three vectors would be more sums than registers. */                           \
    for (; eights != 3 && done + 2 <= count; done += 2, NEXT_QUARTER)                              \
      tile(2, height, eights, is_pointwise, a, panel, later, first, where + done);                 \
    for (; done < count; done++, NEXT_QUARTER)                                                     \
      tile(1, height, eights, is_pointwise, a, panel, later, first, where + done);                 \
  }
#define NEXT_QUARTER later += later < end ? panel_size / 4 : 0
#define PANELS(eights)                                                                             \
  PANEL(eights, 1, 0) PANEL(eights, 7, 0) PANEL(eights, 1, 1) PANEL(eights, 2, 1)                  \
  PANEL(eights, 3, 1) PANEL(eights, 4, 1) PANEL(eights, 5, 1) PANEL(eights, 6, 1)                  \
  PANEL(eights, 7, 1)
PANELS(1)
PANELS(2)
PANELS(3)
PANELS(4)

typedef void panel_function(const tl_f32_convolution *, const float *, size_t, size_t,
                            const half *, size_t);

#define HEIGHTS(eights)                                                                            \
  panel_##eights##_1_1, panel_##eights##_2_1, panel_##eights##_3_1, panel_##eights##_4_1,          \
      panel_##eights##_5_1, panel_##eights##_6_1, panel_##eights##_7_1

/// By eights and height.
static panel_function *const pointwise_panels[4][HALF] = {
    {HEIGHTS(1)}, {HEIGHTS(2)}, {HEIGHTS(3)}, {HEIGHTS(4)}};
static panel_function *const low_panels[4] = {panel_1_1_0, panel_2_1_0, panel_3_1_0, panel_4_1_0};
static panel_function *const high_panels[4] = {panel_1_7_0, panel_2_7_0, panel_3_7_0, panel_4_7_0};

/// Runs halves of one height through all panels.
static void all_panels(const tl_f32_convolution *a, size_t height, const half *where,
                       size_t count) {
  const int is_pointwise = a->kernel_height == 1 && a->segments == 1;
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t columns = a->outputs - first < TL_PANEL ? a->outputs - first : TL_PANEL;
    const size_t channels = a->channels - first < columns ? a->channels - first : columns;
    const size_t eights = (channels + 7) / 8;
    panel_function *run = is_pointwise ? pointwise_panels[eights - 1][height - 1]
                          : height == HALF ? high_panels[eights - 1]
                                           : low_panels[eights - 1];
    run(a, panel, columns * (1 + taps), first, where, count);
    panel += columns * (1 + taps);
  }
  if (a->activation.kind != TL_CLIP)
    activate_sums(a, height, where, count);
}

/// Cuts the output into halves of tiles, some at a time: those of a row have the same height, but
/// for the last one.
void f32_convolution_avx512(const tl_f32_convolution *a) {
  enum { HALVES_MAX = 64 };
  half list[HALVES_MAX], rest[HALVES_MAX];
  const int is_pointwise = a->kernel_height == 1 && a->segments == 1;
  const size_t parts = (a->width + HALF - 1) / HALF;
  const size_t even = (a->width + parts - 1) / parts;
  const size_t height = is_pointwise ? even : a->width < HALF ? 1 : HALF;
  // Other kernels than 1x1 have tiles of the full height and of 1 alone.
  const size_t rest_height = is_pointwise ? a->width % height : 1;
  size_t count = 0, rest_count = 0;
  for (size_t row = 0; row < a->rows; row++) {
    half here = {a->x_rows + row * a->row_step, 0, a->y + row * a->y_row_stride,
                 a->residual ? a->residual + row * a->residual_row_stride : 0};
    for (size_t left = a->width; left > 0;) {
      const size_t pixels = left >= height ? height : rest_height;
      if (left >= height)
        list[count++] = here;
      else
        rest[rest_count++] = here;
      left -= pixels;
      here.place += pixels * a->x_pixel_stride;
      here.y += pixels * a->y_pixel_stride;
      if (here.residual)
        here.residual += pixels * a->residual_pixel_stride;
      if (count == HALVES_MAX) {
        all_panels(a, height, list, count);
        count = 0;
      }
      if (rest_count == HALVES_MAX) {
        all_panels(a, rest_height, rest, rest_count);
        rest_count = 0;
      }
    }
  }
  if (count)
    all_panels(a, height, list, count);
  if (rest_count)
    all_panels(a, rest_height, rest, rest_count);
}

#pragma clang attribute pop
#endif
