#include <stdio.h>
#include <stdlib.h>

#include "check.h"

int main(int count, char **arguments) {
  const uint64_t seed = count > 1 ? strtoull(arguments[1], 0, 10) : 1;
  prepare(seed);
  find_variants();
  printf("seed %llu, variants:", (unsigned long long)seed);
  for (const variant *v = variants; v->name; v++)
    if (v->is_supported)
      printf(" %s", v->name);
  printf("\n");
  check_f32();
  check_u8s8();
  check_u8s8_depthwise();
  check_pixels();
  check_head();
  return summary() ? 0 : 1;
}
