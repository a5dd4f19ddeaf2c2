// What the float32 kernels for NEON share. A vector is 4 floats, a channel group four vectors.
#ifndef TL_F32_NEON_H
#define TL_F32_NEON_H

#include <arm_neon.h>

#include "f32_sigmoid.h"
#include "variants.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { LANES = 4, GROUP = TL_CHANNEL_GROUP };

// fmax and fmin order zeros by their sign and would keep a bound's sign from -0: what the reference
// writes are comparisons.
INLINE float32x4_t clip(float32x4_t x, float32x4_t low, float32x4_t high) {
  const float32x4_t below = vbslq_f32(vcltq_f32(x, high), x, high);
  return vbslq_f32(vcgtq_f32(x, low), below, low);
}

/// The bounds of a clip, or the factor and the summand of a hard sigmoid, in registers: a kernel's
/// writes could change what lies in memory, for all that the compiler knows.
typedef struct bounds {
  float32x4_t low, high;
} bounds;

INLINE bounds bounds_of(tl_activation activation) {
  return (bounds){vdupq_n_f32(activation.low), vdupq_n_f32(activation.high)};
}

TL_DEFINE_SIGMOID(float32x4_t, uint32x4_t)

/// With a constant `kind`, so that no vector branches.
INLINE float32x4_t activate(const tl_activation_kind kind, float32x4_t x, bounds b) {
  if (kind == TL_CLIP)
    return clip(x, b.low, b.high);
  const float32x4_t zero = vdupq_n_f32(0.0f);
  if (kind == TL_HARD_SWISH) {
    const float32x4_t six = vdupq_n_f32(6.0f);
    return vmulq_f32(x, vdivq_f32(clip(vaddq_f32(x, vdupq_n_f32(3.0f)), zero, six), six));
  }
  if (kind == TL_SWISH)
    return vmulq_f32(x, sigmoid(x));
  if (kind == TL_SIGMOID)
    return sigmoid(x);
  return clip(vaddq_f32(vmulq_f32(b.low, x), b.high), zero, vdupq_n_f32(1.0f));
}

/// Runs `statement` with a constant `kind` for each kind of activation.
#define WITH_KIND(activation, statement)                                                           \
  do {                                                                                             \
    if ((activation).kind == TL_CLIP) {                                                            \
      const tl_activation_kind kind = TL_CLIP;                                                     \
      statement;                                                                                   \
    } else if ((activation).kind == TL_HARD_SWISH) {                                               \
      const tl_activation_kind kind = TL_HARD_SWISH;                                               \
      statement;                                                                                   \
    } else if ((activation).kind == TL_SWISH) {                                                    \
      const tl_activation_kind kind = TL_SWISH;                                                    \
      statement;                                                                                   \
    } else if ((activation).kind == TL_SIGMOID) {                                                  \
      const tl_activation_kind kind = TL_SIGMOID;                                                  \
      statement;                                                                                   \
    } else {                                                                                       \
      const tl_activation_kind kind = TL_HARD_SIGMOID;                                             \
      statement;                                                                                   \
    }                                                                                              \
  } while (0)

#endif
