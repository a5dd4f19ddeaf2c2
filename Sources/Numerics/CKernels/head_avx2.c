#if defined(__x86_64__)
#define TL_TARGET __attribute__((target("avx2,fma")))
#define TL_NAME(operation) head_##operation##_avx2
// Sixteen registers: 2 * 2 sums take eight, a row and a column two each.
#define TL_TILE_ROWS 2
#define TL_TILE_COLUMNS 2
#include "head_vector.h"
#endif
