// Every kernel set in one place: its name, whether this machine can run it, and its functions.
#ifndef TL_KERNEL_SETS_H
#define TL_KERNEL_SETS_H

#include <stdbool.h>
#include <stddef.h>

#include "f32.h"
#include "head.h"
#include "limit.h"
#include "resize.h"
#include "u8s8.h"

/// One variant of every kernel. All sets give the same bits.
typedef struct tl_kernels {
  void (*f32_convolution)(const tl_f32_convolution *arguments);
  void (*f32_depthwise)(const tl_f32_depthwise *arguments);
  void (*f32_average_pool)(const tl_f32_average_pool *arguments);
  void (*f32_add)(const tl_f32_binary *arguments);
  void (*f32_multiply)(const tl_f32_binary *arguments);

  void (*u8s8_convolution)(const tl_u8s8_convolution *arguments);
  void (*u8s8_depthwise)(const tl_u8s8_depthwise *arguments);
  /// Null where the two layers are as fast apart.
  void (*u8s8_expand_depthwise)(const tl_u8s8_expand_depthwise *arguments);
  void (*u8_average_pool)(const tl_u8_average_pool *arguments);
  void (*u8_lookup)(const tl_u8_lookup *arguments);
  void (*u8_widen_pixels)(const uint8_t *rgb, size_t pixels, uint8_t *y);

  TL_RESIZE_ROWS((*resize_rows));
  TL_RESIZE_COLUMNS((*resize_columns));

  TL_HEAD_FORWARD((*head_forward));
  TL_HEAD_SOFTMAX((*head_softmax));
  TL_HEAD_GRADIENT((*head_gradient));
  TL_HEAD_ADD((*head_add));
  TL_HEAD_ADAMW((*head_adamw));
  TL_HEAD_SGD((*head_sgd));

  TL_LIMIT((*limit_f32));
  TL_LIMIT((*limit_u8s8));
} tl_kernels;

/// The sets of this architecture, in rising order of speed among those that one processor may have;
/// set 0 is the scalar reference, which runs everywhere.
size_t tl_kernel_set_count(void);
/// The name that TL_KERNELS takes.
const char *tl_kernel_set_name(size_t set);
/// The set that it starts from, itself for the scalar one.
size_t tl_kernel_set_predecessor(size_t set);
/// The answer of the processor and of the operating system, which has to save the registers.
bool tl_kernel_set_is_supported(size_t set);
/// The predecessor's kernels, and the set's own where it improves them.
tl_kernels tl_kernel_set_kernels(size_t set);

#endif
