// What the float32 kernels with AVX2 share. The file that includes it sets the target.
#include <immintrin.h>

#include "f32_sigmoid.h"
#include "variants.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

/// Floats of a vector; a channel group is two of them.
enum { LANES = 8, GROUP = TL_CHANNEL_GROUP };

// maxps and minps give their second operand where a comparison fails, as the reference's clip does.
INLINE __m256 clip(__m256 x, __m256 low, __m256 high) {
  return _mm256_min_ps(_mm256_max_ps(x, low), high);
}

typedef uint32_t words __attribute__((vector_size(32)));
TL_DEFINE_SIGMOID(__m256, words)

INLINE __m256 activate(__m256 x, tl_activation activation) {
  if (activation.kind == TL_CLIP)
    return clip(x, _mm256_set1_ps(activation.low), _mm256_set1_ps(activation.high));
  const __m256 zero = _mm256_setzero_ps();
  if (activation.kind == TL_HARD_SWISH) {
    const __m256 shifted = _mm256_add_ps(x, _mm256_set1_ps(3.0f));
    const __m256 six = _mm256_set1_ps(6.0f);
    return _mm256_mul_ps(x, _mm256_div_ps(clip(shifted, zero, six), six));
  }
  if (activation.kind >= TL_SWISH)
    return activation.kind == TL_SWISH ? _mm256_mul_ps(x, sigmoid(x)) : sigmoid(x);
  const __m256 scaled = _mm256_mul_ps(_mm256_set1_ps(activation.low), x);
  return clip(_mm256_add_ps(scaled, _mm256_set1_ps(activation.high)), zero, _mm256_set1_ps(1.0f));
}
