// What the float32 kernels with AVX-512 share. The file that includes it sets the target.
#include <immintrin.h>

#include "f32_sigmoid.h"
#include "variants.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { GROUP = TL_CHANNEL_GROUP };

// maxps and minps give their second operand where a comparison fails, as the reference's clip does.
INLINE __m512 clip(__m512 x, __m512 low, __m512 high) {
  return _mm512_min_ps(_mm512_max_ps(x, low), high);
}

INLINE __m256 clip8(__m256 x, __m256 low, __m256 high) {
  return _mm256_min_ps(_mm256_max_ps(x, low), high);
}

typedef uint32_t words __attribute__((vector_size(64)));
TL_DEFINE_SIGMOID(__m512, words)

INLINE __m512 activate(__m512 x, tl_activation activation) {
  if (activation.kind == TL_CLIP)
    return clip(x, _mm512_set1_ps(activation.low), _mm512_set1_ps(activation.high));
  const __m512 zero = _mm512_setzero_ps();
  if (activation.kind == TL_HARD_SWISH) {
    const __m512 shifted = _mm512_add_ps(x, _mm512_set1_ps(3.0f));
    const __m512 six = _mm512_set1_ps(6.0f);
    return _mm512_mul_ps(x, _mm512_div_ps(clip(shifted, zero, six), six));
  }
  if (activation.kind >= TL_SWISH)
    return activation.kind == TL_SWISH ? _mm512_mul_ps(x, sigmoid(x)) : sigmoid(x);
  const __m512 scaled = _mm512_mul_ps(_mm512_set1_ps(activation.low), x);
  return clip(_mm512_add_ps(scaled, _mm512_set1_ps(activation.high)), zero, _mm512_set1_ps(1.0f));
}

/// Byte offsets of pixels from a base: the odd multiples of the stride that x86 addressing can't
/// scale itself. Pixels 0 to 10, 12 and 14 cost no register more.
typedef struct strides {
  size_t one, three, five, seven;
} strides;

INLINE strides strides_of(size_t floats) {
  strides s = {floats * 4, floats * 12, floats * 20, floats * 28};
  // Opaque to the optimizer, which would otherwise keep a pointer for each pixel and spill them.
  __asm__("" : "+r"(s.one), "+r"(s.three), "+r"(s.five), "+r"(s.seven));
  return s;
}

INLINE size_t offset(strides s, int pixel) {
  const int scale = pixel % 8 == 0 ? 8 : pixel % 4 == 0 ? 4 : pixel % 2 == 0 ? 2 : 1;
  switch (pixel / scale) {
  case 1:
    return s.one * (size_t)scale;
  case 3:
    return s.three * (size_t)scale;
  case 5:
    return s.five * (size_t)scale;
  case 7:
    return s.seven * (size_t)scale;
  default:
    return s.one * (size_t)pixel;
  }
}

INLINE float *at(const char *base, size_t bytes) { return (float *)(base + bytes); }
