#ifndef TL_TIFF_SAMPLES_H
#define TL_TIFF_SAMPLES_H

#include <stdbool.h>
#include <stdint.h>

#include <tiffio.h>

// A piece of a picture, a strip or a tile, takes no more than this in memory. The largest that is read
// as a whole takes as much as the whole picture may.
#define TL_TIFF_PIECE_BYTES_MAX ((uint64_t)256 << 20)

typedef enum tl_tiff_read {
  TL_TIFF_READ,
  TL_TIFF_NOT_READ,
  TL_TIFF_NO_MEMORY,
} tl_tiff_read;

// Why the samples of a picture aren't read, or NULL.
const char *tl_tiff_samples_objection(TIFF *tiff);

// Whether it is for `tl_tiff_samples_decode`, as libtiff's own conversion refuses such samples or
// gives other colours than those the file has.
bool tl_tiff_samples_are_odd(TIFF *tiff);

// Decodes a picture of this size into red, green, blue and opacity, as `tl_tiff_decode` has it.
tl_tiff_read tl_tiff_samples_decode(TIFF *tiff, uint32_t width, uint32_t height, uint8_t *pixels);

#endif
