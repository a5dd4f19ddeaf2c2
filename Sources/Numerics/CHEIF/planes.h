// Copies of decoded planes.
#ifndef TL_HEIF_PLANES_H
#define TL_HEIF_PLANES_H

#include <string.h>

#include "CHEIF.h"

// Copies the rows of a plane, whose samples have one byte up to a depth of 8 and two beyond, to
// `samples`; returns where the next plane goes.
static inline uint16_t *tl_heif_copy_plane(const uint8_t *plane, ptrdiff_t stride, uint32_t depth,
                                           uint32_t width, uint32_t height, uint16_t *samples) {
  for (uint32_t y = 0; y < height; y++) {
    const uint8_t *row = plane + (ptrdiff_t)y * stride;
    if (depth > 8) {
      memcpy(samples, row, (size_t)width * 2);
    } else {
      for (uint32_t x = 0; x < width; x++) samples[x] = row[x];
    }
    samples += width;
  }
  return samples;
}

#endif
