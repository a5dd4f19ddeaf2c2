#ifndef TL_LIMIT_H
#define TL_LIMIT_H

#include <stddef.h>

// The processor's own limit, for benchmarks: nothing but independent multiply-adds on registers, in
// the cheapest exact form that an instruction set has.
// limit_<type>_<instruction set> runs `rounds` rounds and returns how many multiply-adds of single
// values a round takes.
#define TL_LIMIT(NAME) size_t NAME(size_t rounds)

TL_LIMIT(limit_f32_scalar);
TL_LIMIT(limit_u8s8_scalar);

#endif
