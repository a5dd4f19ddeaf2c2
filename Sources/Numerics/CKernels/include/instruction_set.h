#ifndef TL_INSTRUCTION_SET_H
#define TL_INSTRUCTION_SET_H

#include <stdbool.h>

// AVX2 with FMA, and AVX-512 with F, DQ, BW and VL beside it; the answer of the processor and of the
// operating system, which has to save the registers.
bool tl_supports_avx2(void);
bool tl_supports_avx512(void);
// The same with VNNI.
bool tl_supports_avx512vnni(void);

// NEON, which every AArch64 processor has, and its int8 dot product beside it.
bool tl_supports_neon(void);
bool tl_supports_neondot(void);

#endif
