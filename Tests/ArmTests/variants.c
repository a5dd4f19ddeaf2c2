#include "CKernels.h"
#include "check.h"

#define F(name) (any_function *)name

static bool always(void) { return true; }

#define F32(set)                                                                                   \
  [F32_CONVOLUTION] = F(f32_convolution_##set), [F32_DEPTHWISE] = F(f32_depthwise_##set),          \
  [F32_AVERAGE_POOL] = F(f32_average_pool_##set), [F32_ADD] = F(f32_add_##set),                    \
  [F32_MULTIPLY] = F(f32_multiply_##set)
#define U8(set)                                                                                    \
  [U8_CONVOLUTION] = F(u8s8_convolution_##set), [U8_DEPTHWISE] = F(u8s8_depthwise_##set),          \
  [U8_AVERAGE_POOL] = F(u8_average_pool_##set), [U8_WIDEN_PIXELS] = F(u8_widen_pixels_##set)
#define HEAD(set)                                                                                  \
  [HEAD_FORWARD] = F(head_forward_##set), [HEAD_SOFTMAX] = F(head_softmax_##set),                  \
  [HEAD_GRADIENT] = F(head_gradient_##set), [HEAD_ADD] = F(head_add_##set),                        \
  [HEAD_ADAMW] = F(head_adamw_##set), [HEAD_SGD] = F(head_sgd_##set)

/// Two layers of the reference, one after the other.
void expand_depthwise_scalar(const tl_u8s8_expand_depthwise *arguments);

const variant variants[] = {
    {"scalar", always,
     {F32(scalar), U8(scalar), HEAD(scalar), [U8_EXPAND_DEPTHWISE] = F(expand_depthwise_scalar),
      [F32_LOOKUP_PIXELS] = F(f32_lookup_pixels), [RESIZE_ROWS] = F(tl_resize_blend_rows),
      [RESIZE_COLUMNS] = F(tl_resize_blend_columns)}},
#if defined(__aarch64__)
    {"neon", tl_supports_neon, {F32(neon), U8(neon), HEAD(neon)}},
    {"neondot", tl_supports_neondot,
     {[U8_CONVOLUTION] = F(u8s8_convolution_neondot), [U8_DEPTHWISE] = F(u8s8_depthwise_neondot),
      [U8_EXPAND_DEPTHWISE] = F(u8s8_expand_depthwise_neondot)}},
#elif defined(__x86_64__)
    {"avx2", tl_supports_avx2, {F32(avx2), U8(avx2), HEAD(avx2)}},
    {"avx512", tl_supports_avx512,
     {F32(avx512), HEAD(avx512), [U8_CONVOLUTION] = F(u8s8_convolution_avx512)}},
    {"avx512vnni", tl_supports_avx512vnni,
     {[U8_CONVOLUTION] = F(u8s8_convolution_avx512vnni),
      [U8_DEPTHWISE] = F(u8s8_depthwise_avx512vnni),
      [U8_EXPAND_DEPTHWISE] = F(u8s8_expand_depthwise_avx512vnni)}},
#endif
    {0},
};
