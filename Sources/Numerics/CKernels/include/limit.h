#ifndef TL_LIMIT_H
#define TL_LIMIT_H

#include <stddef.h>

// The processor's own limit, for benchmarks: nothing but independent multiply-adds on registers.
// limit_<type>_<instruction set> runs `rounds` rounds and returns how many multiply-adds of single
// values a round takes.
size_t limit_f32_scalar(size_t rounds);
#if defined(__x86_64__)
size_t limit_f32_avx2(size_t rounds);
size_t limit_f32_avx512(size_t rounds);
size_t limit_u8s8_avx512vnni(size_t rounds);
#endif
#if defined(__aarch64__)
size_t limit_f32_neon(size_t rounds);
size_t limit_u8s8_neondot(size_t rounds);
#endif

#endif
