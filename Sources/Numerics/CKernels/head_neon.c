#if defined(__aarch64__)
#define TL_TARGET
#define TL_NAME(operation) head_##operation##_neon
// 32 registers of four lanes: 2 * 2 sums take sixteen, the rows and columns eight each.
#define TL_TILE_ROWS 2
#define TL_TILE_COLUMNS 2
#include "head_vector.h"
#endif
