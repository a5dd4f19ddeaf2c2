#if defined(__x86_64__)
#define TL_TARGET __attribute__((target("avx2,fma,avx512f,avx512dq,avx512bw,avx512vl")))
#define TL_NAME(operation) head_##operation##_avx512
#define TL_TILE_ROWS 4
#define TL_TILE_COLUMNS 4
#include "head_vector.h"
#endif
