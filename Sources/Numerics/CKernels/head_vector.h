// The two kernels whose loops need more than element-wise vectorization, written with the compiler's
// vector types: 16 lanes are one AVX-512 register or two AVX2 registers.
#include <string.h>

#include "head_loops.h"
#include "variants.h"

#pragma STDC FP_CONTRACT OFF

typedef float float16_lanes __attribute__((vector_size(64)));
typedef float float16_unaligned __attribute__((vector_size(64), aligned(4)));
typedef float float8_unaligned __attribute__((vector_size(32), aligned(4)));
typedef double double8_lanes __attribute__((vector_size(64)));
// Unsigned, since bit patterns are meant to wrap around.
typedef uint64_t word8_lanes __attribute__((vector_size(64)));
typedef uint64_t word8_unaligned __attribute__((vector_size(64), aligned(8)));

// Rows of x by rows of weight: every pair is one chain of fused multiply-adds over 16 lanes, and
// pairs are independent, so ROWS * COLUMNS chains hide the latency of each.
#define TL_FORWARD_TILE(ROWS, COLUMNS)                                                          \
  do {                                                                                          \
    float16_lanes sum[ROWS][COLUMNS] = {{{0}}};                                                 \
    const float *xs = x + s * features, *ws = weight + c * features;                            \
    for (size_t k = 0; k + TL_LANES <= features; k += TL_LANES)                                 \
      for (size_t i = 0; i < ROWS; i++) {                                                       \
        float16_lanes row = *(const float16_unaligned *)(xs + i * features + k);                \
        for (size_t j = 0; j < COLUMNS; j++)                                                    \
          sum[i][j] = __builtin_elementwise_fma(                                                \
              row, *(const float16_unaligned *)(ws + j * features + k), sum[i][j]);             \
      }                                                                                         \
    for (size_t i = 0; i < ROWS; i++)                                                           \
      for (size_t j = 0; j < COLUMNS; j++) {                                                    \
        float lanes[TL_LANES];                                                                  \
        memcpy(lanes, &sum[i][j], sizeof lanes);                                                \
        for (size_t k = whole; k < features; k++)                                               \
          lanes[k - whole] = __builtin_fmaf(xs[i * features + k], ws[j * features + k],         \
                                            lanes[k - whole]);                                  \
        logits[(s + i) * classes + c + j] = tl_fold_lanes(lanes) + bias[c + j];                 \
      }                                                                                         \
  } while (0)

TL_TARGET TL_HEAD_FORWARD(TL_NAME(forward)) {
  const size_t whole = features / TL_LANES * TL_LANES;
  size_t s = 0;
  for (; s + TL_TILE_ROWS <= samples; s += TL_TILE_ROWS) {
    size_t c = 0;
    for (; c + TL_TILE_COLUMNS <= classes; c += TL_TILE_COLUMNS)
      TL_FORWARD_TILE(TL_TILE_ROWS, TL_TILE_COLUMNS);
    for (; c < classes; c++) TL_FORWARD_TILE(TL_TILE_ROWS, 1);
  }
  for (; s < samples; s++)
    for (size_t c = 0; c < classes; c++) TL_FORWARD_TILE(1, 1);
}

// Added to a value below 2^51 in magnitude, 1.5 * 2^52 leaves it rounded to an integer, halves to
// even, in the low bits of the result: the difference of the bit patterns is that integer. Since
// bit patterns add up modulo 2^64, the pattern of the shifter is taken off once per column.
#define TL_SHIFTER 0x1.8p52
#define TL_SHIFTER_BITS UINT64_C(0x4338000000000000)

// Samples whose gradients are made double numbers at once, and classes whose sums stay in registers.
enum { TL_GRADIENT_SAMPLES = 16, TL_GRADIENT_COLUMNS = 5 };

// Sums of COLUMNS classes from class c on. The factor 2^32 goes into the gradients, of which there are
// fewer: as a power of two it changes no rounding.
#define TL_GRADIENT_TILE(COLUMNS)                                                               \
  do {                                                                                          \
    double scaled[TL_GRADIENT_SAMPLES][COLUMNS];                                                \
    for (size_t s = 0; s < samples; s++)                                                        \
      for (size_t j = 0; j < COLUMNS; j++) scaled[s][j] = g[s * classes + c + j] * 0x1p32;       \
    for (size_t k = 0; k < whole; k += 8) {                                                     \
      word8_lanes total[COLUMNS] = {{0}};                                                        \
      for (size_t s = 0; s < samples; s++) {                                                    \
        double8_lanes xs = __builtin_convertvector(                                             \
            *(const float8_unaligned *)(x + s * features + k), double8_lanes);                  \
        for (size_t j = 0; j < COLUMNS; j++) {                                                  \
          double gradient = scaled[s][j];                                                       \
          double8_lanes spread = {gradient, gradient, gradient, gradient,                       \
                                  gradient, gradient, gradient, gradient};                      \
          double8_lanes shifter = {TL_SHIFTER, TL_SHIFTER, TL_SHIFTER, TL_SHIFTER,              \
                                   TL_SHIFTER, TL_SHIFTER, TL_SHIFTER, TL_SHIFTER};             \
          total[j] += (word8_lanes)__builtin_elementwise_fma(spread, xs, shifter);               \
        }                                                                                       \
      }                                                                                         \
      for (size_t j = 0; j < COLUMNS; j++) {                                                    \
        word8_unaligned *to = (word8_unaligned *)(sums + (c + j) * features + k);                 \
        *to = *to + (total[j] - (uint64_t)samples * TL_SHIFTER_BITS);                            \
      }                                                                                         \
    }                                                                                           \
    for (size_t s = 0; s < samples; s++)                                                        \
      for (size_t j = 0; j < COLUMNS; j++)                                                      \
        for (size_t k = whole; k < features; k++) {                                             \
          union { double number; uint64_t bits; } shifted;                                      \
          shifted.number = __builtin_fma(scaled[s][j], x[s * features + k], TL_SHIFTER);        \
          sums[(c + j) * features + k] += (int64_t)(shifted.bits - TL_SHIFTER_BITS);            \
        }                                                                                       \
  } while (0)

// At most TL_GRADIENT_SAMPLES samples.
TL_TARGET static inline TL_HEAD_GRADIENT(TL_NAME(gradient_block)) {
  const size_t whole = features / 8 * 8;
  size_t c = 0;
  for (; c + TL_GRADIENT_COLUMNS <= classes; c += TL_GRADIENT_COLUMNS)
    TL_GRADIENT_TILE(TL_GRADIENT_COLUMNS);
  switch (classes - c) {
  case 4: TL_GRADIENT_TILE(4); break;
  case 3: TL_GRADIENT_TILE(3); break;
  case 2: TL_GRADIENT_TILE(2); break;
  case 1: TL_GRADIENT_TILE(1); break;
  }
}

TL_TARGET TL_HEAD_GRADIENT(TL_NAME(gradient)) {
  for (size_t s = 0; s < samples; s += TL_GRADIENT_SAMPLES) {
    size_t count = samples - s < TL_GRADIENT_SAMPLES ? samples - s : TL_GRADIENT_SAMPLES;
    TL_NAME(gradient_block)(x + s * features, g + s * classes, sums, count, features, classes);
  }
}
