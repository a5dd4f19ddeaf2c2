#include <math.h>
#include <stdint.h>

#include "variants.h"

// Sums are opaque to the optimizer at every round, so that it neither drops nor merges any.

size_t limit_f32_scalar(size_t rounds) {
  enum { SUMS = 8 };
  float sums[SUMS] = {0};
  for (size_t round = 0; round < rounds; round++)
    for (int i = 0; i < SUMS; i++) {
      sums[i] = fmaf(sums[i], 0.5f, 1.0f);
      __asm__ volatile("" : "+m"(sums[i]));
    }
  return SUMS;
}

size_t limit_u8s8_scalar(size_t rounds) {
  enum { SUMS = 8 };
  int32_t sums[SUMS] = {0};
  for (size_t round = 0; round < rounds; round++)
    for (int i = 0; i < SUMS; i++) {
      sums[i] = sums[i] * 3 + 1;
      __asm__ volatile("" : "+r"(sums[i]));
    }
  return SUMS;
}

#if defined(__x86_64__)
#include <immintrin.h>

#define UNROLL _Pragma("clang loop unroll(full)")

__attribute__((target("avx2,fma"))) size_t limit_f32_avx2(size_t rounds) {
  enum { SUMS = 12 };
  __m256 sums[SUMS];
  const __m256 half = _mm256_set1_ps(0.5f), one = _mm256_set1_ps(1.0f);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = one;
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = _mm256_fmadd_ps(sums[i], half, one);
      __asm__ volatile("" : "+x"(sums[i]));
    }
  return SUMS * 8;
}

__attribute__((target("avx512f"))) size_t limit_f32_avx512(size_t rounds) {
  enum { SUMS = 16 };
  __m512 sums[SUMS];
  const __m512 half = _mm512_set1_ps(0.5f), one = _mm512_set1_ps(1.0f);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = one;
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = _mm512_fmadd_ps(sums[i], half, one);
      __asm__ volatile("" : "+v"(sums[i]));
    }
  return SUMS * 16;
}

// Without the dot product the cheapest exact form multiplies bytes (vpmaddubsw), whose products fit 16
// bits by fours, as the weights of MobileNets are rounded here. Products are opaque, so that none is shared.

__attribute__((target("avx2"))) size_t limit_u8s8_avx2(size_t rounds) {
  enum { SUMS = 10 };
  __m256i sums[SUMS];
  const __m256i w = _mm256_set1_epi8(2), one = _mm256_set1_epi16(1);
  __m256i x = _mm256_set1_epi8(1);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm256_setzero_si256();
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      __asm__ volatile("" : "+x"(x));
      const __m256i first = _mm256_maddubs_epi16(x, w);
      __asm__ volatile("" : "+x"(x));
      const __m256i four = _mm256_add_epi16(first, _mm256_maddubs_epi16(x, w));
      sums[i] = _mm256_add_epi32(sums[i], _mm256_madd_epi16(four, one));
      __asm__ volatile("" : "+x"(sums[i]));
    }
  return SUMS * 64;
}

__attribute__((target("avx2,avxvnni"))) size_t limit_u8s8_avxvnni(size_t rounds) {
  enum { SUMS = 12 };
  __m256i sums[SUMS];
  const __m256i x = _mm256_set1_epi8(1), w = _mm256_set1_epi8(2);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm256_setzero_si256();
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = _mm256_dpbusd_avx_epi32(sums[i], x, w);
      __asm__ volatile("" : "+x"(sums[i]));
    }
  return SUMS * 32;
}

__attribute__((target("avx512f,avx512bw"))) size_t limit_u8s8_avx512(size_t rounds) {
  enum { SUMS = 16 };
  __m512i sums[SUMS];
  const __m512i w = _mm512_set1_epi8(2), one = _mm512_set1_epi16(1);
  __m512i x = _mm512_set1_epi8(1);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_si512();
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      __asm__ volatile("" : "+v"(x));
      const __m512i first = _mm512_maddubs_epi16(x, w);
      __asm__ volatile("" : "+v"(x));
      const __m512i four = _mm512_add_epi16(first, _mm512_maddubs_epi16(x, w));
      sums[i] = _mm512_add_epi32(sums[i], _mm512_madd_epi16(four, one));
      __asm__ volatile("" : "+v"(sums[i]));
    }
  return SUMS * 128;
}

__attribute__((target("avx512f,avx512vnni"))) size_t limit_u8s8_avx512vnni(size_t rounds) {
  enum { SUMS = 16 };
  __m512i sums[SUMS];
  const __m512i x = _mm512_set1_epi8(1), w = _mm512_set1_epi8(2);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = _mm512_setzero_si512();
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = _mm512_dpbusd_epi32(sums[i], x, w);
      __asm__ volatile("" : "+v"(sums[i]));
    }
  return SUMS * 64;
}
#endif

#if defined(__aarch64__)
#include <arm_neon.h>

#define UNROLL _Pragma("clang loop unroll(full)")

// 24 sums: four pipes that take four cycles each want 16.

size_t limit_f32_neon(size_t rounds) {
  enum { SUMS = 24 };
  float32x4_t sums[SUMS];
  const float32x4_t half = vdupq_n_f32(0.5f), one = vdupq_n_f32(1.0f);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = one;
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = vfmaq_f32(sums[i], half, one);
      __asm__ volatile("" : "+w"(sums[i]));
    }
  return SUMS * 4;
}

/// Four products share 16 bits, as with AVX2. Those of four sums go side by side, for processors that work
/// in order.
size_t limit_u8s8_neon(size_t rounds) {
  enum { SUMS = 16, FOUR = 4 };
  int32x4_t sums[SUMS];
  int8x8_t x[FOUR], w[FOUR];
  UNROLL for (int i = 0; i < FOUR; i++) {
    x[i] = vdup_n_s8(1);
    w[i] = vdup_n_s8(2);
    __asm__ volatile("" : "+w"(w[i]));
  }
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_s32(0);
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int first = 0; first < SUMS; first += FOUR) {
      UNROLL for (int k = 0; k < FOUR; k++) __asm__ volatile("" : "+w"(x[k]));
      int16x8_t products[FOUR];
      UNROLL for (int k = 0; k < FOUR; k++) UNROLL for (int i = 0; i < FOUR; i++) products[i] =
          k == 0 ? vmull_s8(x[k], w[i]) : vmlal_s8(products[i], x[k], w[i]);
      UNROLL for (int i = 0; i < FOUR; i++) {
        sums[first + i] = vpadalq_s16(sums[first + i], products[i]);
        __asm__ volatile("" : "+w"(sums[first + i]));
      }
    }
  return SUMS * 32;
}

__attribute__((target("dotprod"))) size_t limit_u8s8_neondot(size_t rounds) {
  enum { SUMS = 24 };
  int32x4_t sums[SUMS];
  const int8x16_t x = vdupq_n_s8(1), w = vdupq_n_s8(2);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_s32(0);
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = vdotq_s32(sums[i], x, w);
      __asm__ volatile("" : "+w"(sums[i]));
    }
  return SUMS * 16;
}

__attribute__((target("i8mm"))) size_t limit_u8s8_neoni8mm(size_t rounds) {
  enum { SUMS = 24 };
  int32x4_t sums[SUMS];
  const uint8x16_t x = vdupq_n_u8(1);
  const int8x16_t w = vdupq_n_s8(2);
  UNROLL for (int i = 0; i < SUMS; i++) sums[i] = vdupq_n_s32(0);
  for (size_t round = 0; round < rounds; round++)
    UNROLL for (int i = 0; i < SUMS; i++) {
      sums[i] = vusmmlaq_s32(sums[i], x, w);
      __asm__ volatile("" : "+w"(sums[i]));
    }
  return SUMS * 32;
}
#endif
