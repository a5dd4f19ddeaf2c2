// Asks the processor; this file holds no vector code, so that it runs everywhere.
#include "instruction_set.h"

#if defined(__x86_64__)
bool tl_supports_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool tl_supports_avx512(void) {
  return tl_supports_avx2() && __builtin_cpu_supports("avx512f") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl");
}

bool tl_supports_avx512vnni(void) {
  return tl_supports_avx512() && __builtin_cpu_supports("avx512vnni");
}
#else
bool tl_supports_avx512vnni(void) { return false; }
bool tl_supports_avx2(void) { return false; }
bool tl_supports_avx512(void) { return false; }
#endif

#if defined(__aarch64__)
#include <sys/auxv.h>

bool tl_supports_neon(void) { return true; }

bool tl_supports_neondot(void) {
  // HWCAP_ASIMDDP of the kernel's interface, which old headers haven't got.
  const unsigned long dot_product = 1ul << 20;
  return (getauxval(AT_HWCAP) & dot_product) != 0;
}
#else
bool tl_supports_neon(void) { return false; }
bool tl_supports_neondot(void) { return false; }
#endif
