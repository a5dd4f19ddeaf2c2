// Compares every variant of a kernel with the scalar reference, bit for bit, on one random case
// after the other. Inputs and outputs lie in memory whose neighbouring pages may not be touched.
#ifndef TL_CHECK_H
#define TL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Random numbers: SplitMix64, started anew by every group of cases.
uint64_t draw(void);
/// From 0 to `bound` - 1.
size_t below(size_t bound);
/// Of a list of numbers.
#define ONE_OF(...)                                                                                \
  ((const size_t[]){__VA_ARGS__}[below(sizeof((const size_t[]){__VA_ARGS__}) / sizeof(size_t))])
/// From -1 to 1.
float unit(void);

typedef enum value_kind {
  /// Both zeros, and numbers of few magnitudes.
  PLAIN,
  /// Denormal and huge ones among them.
  FINITE,
  /// Infinities and NaN, too.
  ANYTHING,
} value_kind;

float value_of(value_kind kind);

/// Blocks that a case uses at the same time. Kernels can't write to those before OUTPUT.
typedef enum block_name {
  INPUT, OTHER, PACKED, MULTIPLIER, BIAS, OUTPUT, SECOND, THIRD, BETWEEN, SPARE, BLOCKS
} block_name;

/// `count` elements that end where pages begin that may not be touched; `gap` bytes may be read
/// beyond them.
void *block(block_name name, size_t count, size_t element, size_t gap);
float *floats(block_name name, size_t count, value_kind kind);
uint8_t *bytes(block_name name, size_t count, size_t gap);

typedef enum operation {
  F32_CONVOLUTION, F32_DEPTHWISE, F32_AVERAGE_POOL, F32_ADD, F32_MULTIPLY,
  U8_CONVOLUTION, U8_DEPTHWISE, U8_EXPAND_DEPTHWISE, U8_AVERAGE_POOL, U8_LOOKUP,
  U8_WIDEN_PIXELS,
  HEAD_FORWARD, HEAD_SOFTMAX, HEAD_GRADIENT, HEAD_ADD, HEAD_ADAMW, HEAD_SGD,
  F32_LOOKUP_PIXELS, RESIZE_ROWS, RESIZE_COLUMNS, OPERATIONS
} operation;

// What int8 layers are made of, too.

typedef enum weight_kind {
  /// From -127 to 127, as the quantizer gives them.
  SYMMETRIC,
  /// -128 as well.
  WHOLE,
  /// -128 and 127, and inputs of 0 and 255.
  EXTREME,
} weight_kind;

weight_kind weights_kind(void);
uint8_t *inputs(block_name name, size_t count, size_t gap, weight_kind kind);
int8_t *weights(block_name name, size_t count, weight_kind kind);
/// Multipliers and biases for sums of so many products.
void scales(size_t count, size_t taps, const float **multiplier, const float **bias);

typedef void any_function(void);
/// Calls a variant, whose type it knows.
typedef void runner(any_function *function, const void *arguments);

typedef struct variant {
  const char *name;
  bool is_supported;
  /// Null where the variant has none of its own.
  any_function *functions[OPERATIONS];
} variant;

enum { VARIANTS_MAX = 16 };
/// The scalar reference first; ends with a variant without a name.
extern variant variants[VARIANTS_MAX + 1];
/// Fills them from the registry of kernel sets.
void find_variants(void);

/// What the next check compares: all `count` bytes that a block holds, those between the outputs as
/// well, and some before them. Only the processor's own NaN may differ between machines, so floats
/// are told apart.
void output(void *start, size_t count, bool is_float);
/// Runs the reference and then the variants, each on the same contents of the outputs.
void check(operation operation, runner *run, const void *arguments, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/// Starts a group of cases with a seed of its own.
void begin(const char *group);
/// Tells of the group.
void end(void);
/// Tells of everything; whether nothing differed.
bool summary(void);
void prepare(uint64_t seed);

void check_f32(void);
void check_u8s8(void);
void check_u8s8_depthwise(void);
void check_pixels(void);
void check_head(void);

#endif
