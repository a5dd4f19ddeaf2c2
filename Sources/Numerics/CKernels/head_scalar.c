// The plain reference of every head kernel, which the vector variants must equal bit for bit.
#define TL_TARGET
#define TL_NAME(operation) head_##operation##_scalar
#include "head_loops.h"

#pragma STDC FP_CONTRACT OFF

TL_HEAD_FORWARD(head_forward_scalar) {
  for (size_t s = 0; s < samples; s++)
    for (size_t c = 0; c < classes; c++) {
      float lanes[TL_LANES] = {0};
      for (size_t k = 0; k < features; k++)
        lanes[k % TL_LANES] = __builtin_fmaf(x[s * features + k], weight[c * features + k],
                                             lanes[k % TL_LANES]);
      logits[s * classes + c] = tl_fold_lanes(lanes) + bias[c];
    }
}

// Halves to even, for |value| < 2^51: there the sum with 2^52 has no fraction left.
static int64_t rounded(double value) {
  double shift = value < 0 ? -0x1p52 : 0x1p52;
  return (int64_t)((value + shift) - shift);
}

TL_HEAD_GRADIENT(head_gradient_scalar) {
  for (size_t s = 0; s < samples; s++)
    for (size_t c = 0; c < classes; c++)
      for (size_t k = 0; k < features; k++) {
        // 24 bits times 24 bits fit the 53 of a double: both products are exact.
        double product = (double)g[s * classes + c] * (double)x[s * features + k];
        sums[c * features + k] += rounded(product * 0x1p32);
      }
}

float head_exponential(float x) { return tl_exponential(x); }
