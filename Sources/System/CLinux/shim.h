// What Linux offers and Swift's Glibc module leaves out.
#include <pthread.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>

// prctl is variadic, which Swift cannot call.
static inline int tl_name_this_thread(const char *name) {
  return prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Declared only for those who define _GNU_SOURCE.
extern int pthread_timedjoin_np(pthread_t thread, void **result, const struct timespec *deadline);
extern int sched_getaffinity(pid_t process, size_t byte_count, cpu_set_t *processors);
extern int sched_setaffinity(pid_t process, size_t byte_count, const cpu_set_t *processors);
