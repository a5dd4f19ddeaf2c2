// What libraries of the tarball take from a glibc that is newer than the oldest they shall run with.
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/// Fills `size` bytes at random, as arc4random(3) says; ends the process where the system has none.
void arc4random_buf(void *bytes, size_t size) {
  // getentropy gives at most 256 bytes at once.
  for (char *place = bytes; size > 0;) {
    const size_t part = size < 256 ? size : 256;
    if (getentropy(place, part) != 0)
      abort();
    place += part;
    size -= part;
  }
}

uint32_t arc4random(void) {
  uint32_t value;
  arc4random_buf(&value, sizeof value);
  return value;
}
