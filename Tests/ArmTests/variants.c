#include <stdlib.h>

#include "CKernels.h"
#include "check.h"

#define F(name) (any_function *)name

variant variants[VARIANTS_MAX + 1];

/// Two layers of the reference, one after the other.
void expand_depthwise_scalar(const tl_u8s8_expand_depthwise *arguments);

static void take(const tl_kernels *k, any_function *functions[OPERATIONS]) {
  functions[F32_CONVOLUTION] = F(k->f32_convolution);
  functions[F32_DEPTHWISE] = F(k->f32_depthwise);
  functions[F32_AVERAGE_POOL] = F(k->f32_average_pool);
  functions[F32_ADD] = F(k->f32_add);
  functions[F32_MULTIPLY] = F(k->f32_multiply);
  functions[U8_CONVOLUTION] = F(k->u8s8_convolution);
  functions[U8_DEPTHWISE] = F(k->u8s8_depthwise);
  functions[U8_EXPAND_DEPTHWISE] = F(k->u8s8_expand_depthwise);
  functions[U8_AVERAGE_POOL] = F(k->u8_average_pool);
  functions[U8_LOOKUP] = F(k->u8_lookup);
  functions[U8_WIDEN_PIXELS] = F(k->u8_widen_pixels);
  functions[RESIZE_ROWS] = F(k->resize_rows);
  functions[RESIZE_COLUMNS] = F(k->resize_columns);
  functions[HEAD_FORWARD] = F(k->head_forward);
  functions[HEAD_SOFTMAX] = F(k->head_softmax);
  functions[HEAD_GRADIENT] = F(k->head_gradient);
  functions[HEAD_ADD] = F(k->head_add);
  functions[HEAD_ADAMW] = F(k->head_adamw);
  functions[HEAD_SGD] = F(k->head_sgd);
}

void find_variants(void) {
  if (tl_kernel_set_count() > VARIANTS_MAX)
    abort();
  for (size_t set = 0; set < tl_kernel_set_count(); set++) {
    const tl_kernels own = tl_kernel_set_kernels(set);
    variant *v = &variants[set];
    *v = (variant){.name = tl_kernel_set_name(set), .is_supported = tl_kernel_set_is_supported(set)};
    take(&own, v->functions);
    if (set == 0)
      continue;
    // What it has from its predecessor was compared there.
    const tl_kernels before = tl_kernel_set_kernels(tl_kernel_set_predecessor(set));
    any_function *functions[OPERATIONS] = {0};
    take(&before, functions);
    for (size_t i = 0; i < OPERATIONS; i++)
      if (v->functions[i] == functions[i])
        v->functions[i] = 0;
  }
  // What has no variants that are chosen at start, only a reference.
  variants[0].functions[U8_EXPAND_DEPTHWISE] = F(expand_depthwise_scalar);
  variants[0].functions[F32_LOOKUP_PIXELS] = F(f32_lookup_pixels);
}
