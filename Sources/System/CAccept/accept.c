// accept() and accept4() of the C library, in whose place the program's libraries find these.
//
// libzmq 4.3.4 and 4.3.5 end the process where a listener gets an error that they don't expect, and
// their listener on a Unix socket doesn't expect that descriptors run out (ipc_listener.cpp, `accept`),
// which anybody who reaches the port can bring about by opening connections. No option of the library
// keeps it from accepting, and a process that watches its own connections and ends some comes too late:
// a thousand are accepted within a few milliseconds. So it is decided here, before the library gets to
// know of a connection: the network never gets the last descriptors, and what the kernel may answer
// else is told as an error that every listener expects.
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CAccept.h"

static atomic_int reserve;

void tl_accept_reserve(int count) { atomic_store(&reserve, count); }

int tl_accept_error(int error) {
  switch (error) {
    // Known to all, or a bug of the caller that is to be seen.
    case EAGAIN:
    case EINTR:
    case ECONNABORTED:
    case EPROTO:
    case EBADF:
    case EFAULT:
    case EINVAL:
    case ENOTSOCK:
    case EOPNOTSUPP:
      return error;
    // Descriptors or memory that ran out, a firewall's verdict, and errors of the network that
    // accept(2) passes on from the new connection.
    default:
      return ECONNABORTED;
  }
}

bool tl_accept_keeps(int descriptor, bool is_local, int limit, int kept) {
  return is_local || descriptor < limit - kept;
}

static bool is_local(int listener) {
  int family = AF_UNSPEC;
  socklen_t size = sizeof family;
  return getsockopt(listener, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX;
}

static int descriptor_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
  return (int)limit.rlim_cur;
}

int accept4(int listener, __SOCKADDR_ARG address, socklen_t *restrict size, int flags) {
  int descriptor =
      (int)syscall(SYS_accept4, listener, address.__sockaddr__, size, flags);
  if (descriptor < 0) {
    errno = tl_accept_error(errno);
    return -1;
  }
  int kept = atomic_load(&reserve);
  if (kept > 0 && !tl_accept_keeps(descriptor, is_local(listener), descriptor_limit(), kept)) {
    close(descriptor);
    errno = ECONNABORTED;
    return -1;
  }
  return descriptor;
}

int accept(int listener, __SOCKADDR_ARG address, socklen_t *restrict size) {
  return accept4(listener, address, size, 0);
}
