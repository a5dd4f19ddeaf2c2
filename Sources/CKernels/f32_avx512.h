// What the float32 kernels with AVX-512 share. The file that includes it sets the target.
#include <immintrin.h>

#include "f32.h"

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("clang loop unroll(full)")

enum { GROUP = TL_CHANNEL_GROUP };

// maxps and minps give their second operand where a comparison fails, as the reference's clip does.
INLINE __m512 clip(__m512 x, __m512 low, __m512 high) {
  return _mm512_min_ps(_mm512_max_ps(x, low), high);
}

INLINE __m512 activate(__m512 x, tl_activation activation) {
  if (activation.kind == TL_CLIP)
    return clip(x, _mm512_set1_ps(activation.low), _mm512_set1_ps(activation.high));
  const __m512 zero = _mm512_setzero_ps();
  if (activation.kind == TL_HARD_SWISH) {
    const __m512 shifted = _mm512_add_ps(x, _mm512_set1_ps(3.0f));
    const __m512 six = _mm512_set1_ps(6.0f);
    return _mm512_mul_ps(x, _mm512_div_ps(clip(shifted, zero, six), six));
  }
  const __m512 scaled = _mm512_mul_ps(_mm512_set1_ps(activation.low), x);
  return clip(_mm512_add_ps(scaled, _mm512_set1_ps(activation.high)), zero, _mm512_set1_ps(1.0f));
}

/// Byte offset of a pixel from its base, of the three multiples of the stride that x86 addressing
/// can scale: pixels 0 to 8 cost no register more.
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
  case 6:
    return s.three * 2;
  case 7:
    return s.seven;
  default:
    return s.one * 8;
  }
}

INLINE float *at(const char *base, size_t bytes) { return (float *)(base + bytes); }
