// The vectorized kernels, set by set: what kernel_sets.c chooses from.
#ifndef TL_VARIANTS_H
#define TL_VARIANTS_H

#include "kernel_sets.h"

// What every set starts with: all kernels of a group.
#define TL_F32_VARIANTS(SET)                                                                       \
  void f32_convolution_##SET(const tl_f32_convolution *arguments);                                 \
  void f32_depthwise_##SET(const tl_f32_depthwise *arguments);                                     \
  void f32_average_pool_##SET(const tl_f32_average_pool *arguments);                               \
  void f32_add_##SET(const tl_f32_binary *arguments);                                              \
  void f32_multiply_##SET(const tl_f32_binary *arguments);                                         \
  TL_LIMIT(limit_f32_##SET)
#define TL_HEAD_VARIANTS(SET)                                                                      \
  TL_HEAD_FORWARD(head_forward_##SET);                                                             \
  TL_HEAD_SOFTMAX(head_softmax_##SET);                                                             \
  TL_HEAD_GRADIENT(head_gradient_##SET);                                                           \
  TL_HEAD_ADD(head_add_##SET);                                                                     \
  TL_HEAD_ADAMW(head_adamw_##SET);                                                                 \
  TL_HEAD_SGD(head_sgd_##SET)
// What a set may bring of its own.
#define TL_U8S8_CONVOLUTION(SET)                                                                   \
  void u8s8_convolution_##SET(const tl_u8s8_convolution *arguments);                               \
  TL_LIMIT(limit_u8s8_##SET)
#define TL_U8S8_DEPTHWISE(SET) void u8s8_depthwise_##SET(const tl_u8s8_depthwise *arguments)
#define TL_U8S8_EXPAND_DEPTHWISE(SET)                                                              \
  void u8s8_expand_depthwise_##SET(const tl_u8s8_expand_depthwise *arguments)
#define TL_U8_VARIANTS(SET)                                                                        \
  void u8_average_pool_##SET(const tl_u8_average_pool *arguments);                                 \
  void u8_lookup_##SET(const tl_u8_lookup *arguments);                                             \
  void u8_widen_pixels_##SET(const uint8_t *rgb, size_t pixels, uint8_t *y)
#define TL_RESIZE_VARIANTS(SET)                                                                    \
  TL_RESIZE_ROWS(resize_rows_##SET);                                                               \
  TL_RESIZE_COLUMNS(resize_columns_##SET)

#if defined(__x86_64__)
TL_F32_VARIANTS(avx2);
TL_HEAD_VARIANTS(avx2);
TL_U8S8_CONVOLUTION(avx2);
/// Where `fits_16_bits` says so.
void u8s8_convolution_avx2_bytes(const tl_u8s8_convolution *arguments);
TL_U8S8_DEPTHWISE(avx2);
TL_U8_VARIANTS(avx2);
TL_RESIZE_VARIANTS(avx2);

TL_U8S8_CONVOLUTION(avxvnni);
TL_U8S8_DEPTHWISE(avxvnni);

TL_F32_VARIANTS(avx512);
TL_HEAD_VARIANTS(avx512);
TL_U8S8_CONVOLUTION(avx512);
/// Where `fits_16_bits` says so.
void u8s8_convolution_avx512_bytes(const tl_u8s8_convolution *arguments);

TL_U8S8_CONVOLUTION(avx512vnni);
TL_U8S8_DEPTHWISE(avx512vnni);
TL_U8S8_EXPAND_DEPTHWISE(avx512vnni);
#endif

#if defined(__aarch64__)
TL_F32_VARIANTS(neon);
TL_HEAD_VARIANTS(neon);
TL_U8S8_CONVOLUTION(neon);
/// Where `fits_16_bits` says so.
void u8s8_convolution_neon_fours(const tl_u8s8_convolution *arguments);
TL_U8S8_DEPTHWISE(neon);
TL_U8_VARIANTS(neon);

TL_U8S8_CONVOLUTION(neondot);
TL_U8S8_DEPTHWISE(neondot);
TL_U8S8_EXPAND_DEPTHWISE(neondot);

TL_U8S8_CONVOLUTION(neoni8mm);
TL_U8S8_EXPAND_DEPTHWISE(neoni8mm);
#endif

#endif
