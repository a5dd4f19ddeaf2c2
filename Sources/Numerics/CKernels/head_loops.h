// Kernels that are a loop over independent elements: the including file names its instruction set
// with TL_TARGET and TL_NAME(operation), and the compiler vectorizes for it.
#include "head_elements.h"

#pragma STDC FP_CONTRACT OFF

TL_TARGET TL_HEAD_SOFTMAX(TL_NAME(softmax)) {
  for (size_t c = 0; c < classes; c++) gradient[c] = tl_exponential(logits[c] - maximum);
  float total = 0;
  for (size_t c = 0; c < classes; c++) total = total + gradient[c];
  for (size_t c = 0; c < classes; c++) {
    float target = c == label ? target_hit : target_miss;
    gradient[c] = gradient[c] / total - target;
  }
  return total;
}

TL_TARGET TL_HEAD_ADD(TL_NAME(add)) {
  uint64_t outside = 0;
  for (size_t i = 0; i < count; i++) outside |= (part[i] > limit) | (part[i] < -limit);
  if (outside) return false;
  for (size_t i = 0; i < count; i++) sums[i] += part[i];
  return true;
}

TL_TARGET TL_HEAD_ADAMW(TL_NAME(adamw)) {
  const struct tl_adamw constants = *step;
  uint32_t absurd = 0;
  for (size_t i = 0; i < count; i++) {
    tl_adamw_element(&parameters[i], &first[i], &second[i], sums[i], &constants);
    absurd |= tl_is_absurd(parameters[i], magnitude_max);
  }
  return !absurd;
}

TL_TARGET TL_HEAD_SGD(TL_NAME(sgd)) {
  const struct tl_sgd constants = *step;
  uint32_t absurd = 0;
  for (size_t i = 0; i < count; i++) {
    tl_sgd_element(&parameters[i], &velocity[i], sums[i], &constants);
    absurd |= tl_is_absurd(parameters[i], magnitude_max);
  }
  return !absurd;
}
