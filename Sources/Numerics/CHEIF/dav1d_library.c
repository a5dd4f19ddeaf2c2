#include "dav1d_library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdbool.h>

static struct tl_dav1d_library library;
static bool is_loaded;

static void load(void) {
  void *handle = dlopen("libdav1d.so.7", RTLD_NOW | RTLD_LOCAL);
  if (!handle) handle = dlopen("libdav1d.so.6", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
#define FIND(name) \
  if (!(library.name = (__typeof__(library.name))dlsym(handle, "dav1d_" #name))) return;
  TL_DAV1D_FUNCTIONS(FIND)
#undef FIND
  is_loaded = true;
}

const struct tl_dav1d_library *tl_dav1d_library(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return is_loaded ? &library : NULL;
}
