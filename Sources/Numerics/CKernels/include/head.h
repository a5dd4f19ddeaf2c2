#ifndef TL_HEAD_H
#define TL_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The kernels of the head. Each exists as head_<operation>_<instruction set>, and all variants of an
// operation give the same bits. Matrices are row-major and dense; no pointer needs alignment.

// What one AdamW step needs beside the parameters, worked out once per step in double precision.
struct tl_adamw {
  double scale;              // 2^-32
  double count;              // samples in the batch, at least 1
  float beta1_complement;    // 1 - beta1
  float beta2;
  float beta2_complement;    // 1 - beta2
  float second_correction;   // 1 / sqrt(1 - beta2^t)
  float epsilon;
  float step_size;           // rate / (1 - beta1^t)
  float decay_factor;        // 1 - rate * weight decay; 1 for parameters that don't decay
};

struct tl_sgd {
  double scale;              // 2^-32
  double count;              // samples in the batch, at least 1
  float momentum;
  float rate;
  float weight_decay;        // 0 for parameters that don't decay
};

// logits[s][c] = bias[c] + sum over k of x[s][k] * weight[c][k], the sum over 16 lanes: lane j takes
// k = j (mod 16) in ascending order, then lanes fold j with j+8, +4, +2, +1.
#define TL_HEAD_FORWARD(NAME)                                                                   \
  void NAME(const float *x, const float *weight, const float *bias, float *logits,              \
            size_t samples, size_t features, size_t classes)

// For one sample: weighs the exponentials of logits - maximum, each divided by their sum taken in
// class order; gradient[c] = probability[c] - (c == label ? target_hit : target_miss).
// Returns the sum of the exponentials, which is at least 1.
#define TL_HEAD_SOFTMAX(NAME)                                                                   \
  float NAME(const float *logits, float maximum, size_t classes, size_t label,                  \
             float target_hit, float target_miss, float *gradient)

// sums[c][k] += the sum over samples s of round(2^32 * g[s][c] * x[s][k]), halves to even.
// |g| <= 1 and |x| < 2^18.
#define TL_HEAD_GRADIENT(NAME)                                                                  \
  void NAME(const float *x, const float *g, int64_t *sums, size_t samples, size_t features,     \
            size_t classes)

// sums[i] += part[i], unless some |part[i]| > limit: then nothing is changed and false returned.
#define TL_HEAD_ADD(NAME) bool NAME(int64_t *sums, const int64_t *part, size_t count, int64_t limit)

// One optimizer step over count parameters; returns whether all new parameters are finite and at
// most magnitude_max in absolute value.
#define TL_HEAD_ADAMW(NAME)                                                                     \
  bool NAME(float *parameters, float *first, float *second, const int64_t *sums, size_t count,  \
            const struct tl_adamw *step, float magnitude_max)
#define TL_HEAD_SGD(NAME)                                                                       \
  bool NAME(float *parameters, float *velocity, const int64_t *sums, size_t count,              \
            const struct tl_sgd *step, float magnitude_max)

TL_HEAD_FORWARD(head_forward_scalar);
TL_HEAD_SOFTMAX(head_softmax_scalar);
TL_HEAD_GRADIENT(head_gradient_scalar);
TL_HEAD_ADD(head_add_scalar);
TL_HEAD_ADAMW(head_adamw_scalar);
TL_HEAD_SGD(head_sgd_scalar);

// The scalar exponential behind the softmax kernels, for the tests of its error bound.
float head_exponential(float x);

#endif
