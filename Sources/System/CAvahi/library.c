#include "library.h"

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include "CAvahi.h"

static struct tl_avahi_library library;
static bool is_loaded;

static void load(void) {
  // It needs libavahi-common, in which its functions are found as well.
  void *handle = dlopen("libavahi-client.so.3", RTLD_NOW | RTLD_LOCAL);
  if (!handle) return;
#define FIND(name) \
  if (!(library.name = (__typeof__(library.name))dlsym(handle, "avahi_" #name))) return;
  TL_AVAHI_FUNCTIONS(FIND)
#undef FIND
  is_loaded = true;
}

const struct tl_avahi_library *tl_avahi_library(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return is_loaded ? &library : NULL;
}

int64_t tl_avahi_milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *tl_avahi_error_text(int error) {
  const struct tl_avahi_library *avahi = tl_avahi_library();
  return avahi ? avahi->strerror(error) : "there is no libavahi-client";
}

bool tl_avahi_is_daemon_missing(int error) {
  // D-Bus, by which the daemon is reached, may not run either.
  return error == AVAHI_ERR_NO_DAEMON || error == AVAHI_ERR_DISCONNECTED
         || error == AVAHI_ERR_DBUS_ERROR;
}
