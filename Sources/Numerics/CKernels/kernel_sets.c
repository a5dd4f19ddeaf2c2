// The one registry of kernel sets. A set starts from its predecessor and replaces what it improves.
// This file holds no vector code, so that it runs everywhere.
#include "kernel_sets.h"

#include "variants.h"

#define F32(SET)                                                                                   \
  k->f32_convolution = f32_convolution_##SET, k->f32_depthwise = f32_depthwise_##SET,              \
  k->f32_average_pool = f32_average_pool_##SET, k->f32_add = f32_add_##SET,                        \
  k->f32_multiply = f32_multiply_##SET, k->limit_f32 = limit_f32_##SET
#define HEAD(SET)                                                                                  \
  k->head_forward = head_forward_##SET, k->head_softmax = head_softmax_##SET,                      \
  k->head_gradient = head_gradient_##SET, k->head_add = head_add_##SET,                            \
  k->head_adamw = head_adamw_##SET, k->head_sgd = head_sgd_##SET
#define U8S8_CONVOLUTION(SET)                                                                      \
  k->u8s8_convolution = u8s8_convolution_##SET, k->limit_u8s8 = limit_u8s8_##SET
#define U8S8_DEPTHWISE(SET) k->u8s8_depthwise = u8s8_depthwise_##SET
#define U8S8_EXPAND_DEPTHWISE(SET) k->u8s8_expand_depthwise = u8s8_expand_depthwise_##SET
#define U8(SET)                                                                                    \
  k->u8_average_pool = u8_average_pool_##SET, k->u8_lookup = u8_lookup_##SET,                      \
  k->u8_widen_pixels = u8_widen_pixels_##SET
#define RESIZE(SET)                                                                                \
  k->resize_rows = resize_rows_##SET, k->resize_columns = resize_columns_##SET

static bool always(void) { return true; }
static void scalar(tl_kernels *k) {
  F32(scalar);
  HEAD(scalar);
  U8S8_CONVOLUTION(scalar);
  U8S8_DEPTHWISE(scalar);
  U8(scalar);
  RESIZE(scalar);
}

#if defined(__x86_64__)
static bool has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
static void avx2(tl_kernels *k) {
  F32(avx2);
  HEAD(avx2);
  U8S8_CONVOLUTION(avx2);
  U8S8_DEPTHWISE(avx2);
  U8(avx2);
  RESIZE(avx2);
}

static bool has_avxvnni(void) {
  unsigned a = 7, b = 0, c = 1, d = 0;
  // Leaf 7.1, EAX bit 4: older compilers have no name for it.
  __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
  return a & 1u << 4;
}
static void avxvnni(tl_kernels *k) {
  U8S8_CONVOLUTION(avxvnni);
  U8S8_DEPTHWISE(avxvnni);
}

static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}
static void avx512(tl_kernels *k) {
  F32(avx512);
  HEAD(avx512);
  U8S8_CONVOLUTION(avx512);
}

static bool has_avx512vnni(void) { return __builtin_cpu_supports("avx512vnni"); }
static void avx512vnni(tl_kernels *k) {
  U8S8_CONVOLUTION(avx512vnni);
  U8S8_DEPTHWISE(avx512vnni);
  U8S8_EXPAND_DEPTHWISE(avx512vnni);
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

static void neon(tl_kernels *k) {
  F32(neon);
  HEAD(neon);
  U8S8_CONVOLUTION(neon);
  U8S8_DEPTHWISE(neon);
  U8(neon);
}

static bool has_neondot(void) {
  // HWCAP_ASIMDDP of the kernel's interface, which old headers haven't got.
  const unsigned long dot_product = 1ul << 20;
  return (getauxval(AT_HWCAP) & dot_product) != 0;
}
static void neondot(tl_kernels *k) {
  U8S8_CONVOLUTION(neondot);
  U8S8_DEPTHWISE(neondot);
  U8S8_EXPAND_DEPTHWISE(neondot);
}

static bool has_neoni8mm(void) {
  // HWCAP2_I8MM.
  const unsigned long matrix_product = 1ul << 13;
  return (getauxval(AT_HWCAP2) & matrix_product) != 0;
}
static void neoni8mm(tl_kernels *k) {
  U8S8_CONVOLUTION(neoni8mm);
  U8S8_EXPAND_DEPTHWISE(neoni8mm);
}
#endif

enum {
  SCALAR,
#if defined(__x86_64__)
  AVX2,
  AVXVNNI,
  AVX512,
  AVX512VNNI,
#elif defined(__aarch64__)
  NEON,
  NEONDOT,
  NEONI8MM,
#endif
  SETS
};

static const struct {
  const char *name;
  size_t predecessor;
  /// What it needs beyond its predecessor.
  bool (*is_supported)(void);
  void (*improve)(tl_kernels *k);
} sets[SETS] = {
    [SCALAR] = {"scalar", SCALAR, always, scalar},
#if defined(__x86_64__)
    // With FMA.
    [AVX2] = {"avx2", SCALAR, has_avx2, avx2},
    // The int8 dot product of 256 bits, which processors without AVX-512 have.
    [AVXVNNI] = {"avxvnni", AVX2, has_avxvnni, avxvnni},
    // F, DQ, BW and VL.
    [AVX512] = {"avx512", AVX2, has_avx512, avx512},
    // The int8 dot product of 512 bits.
    [AVX512VNNI] = {"avx512vnni", AVX512, has_avx512vnni, avx512vnni},
#elif defined(__aarch64__)
    // Every AArch64 processor has it.
    [NEON] = {"neon", SCALAR, always, neon},
    // The int8 dot product.
    [NEONDOT] = {"neondot", NEON, has_neondot, neondot},
    // The int8 product of matrices.
    [NEONI8MM] = {"neoni8mm", NEONDOT, has_neoni8mm, neoni8mm},
#endif
};

size_t tl_kernel_set_count(void) { return SETS; }

const char *tl_kernel_set_name(size_t set) { return sets[set].name; }

size_t tl_kernel_set_predecessor(size_t set) { return sets[set].predecessor; }

bool tl_kernel_set_is_supported(size_t set) {
  return sets[set].is_supported() &&
         (set == SCALAR || tl_kernel_set_is_supported(sets[set].predecessor));
}

tl_kernels tl_kernel_set_kernels(size_t set) {
  tl_kernels kernels = {0};
  if (set != SCALAR)
    kernels = tl_kernel_set_kernels(sets[set].predecessor);
  sets[set].improve(&kernels);
  return kernels;
}
