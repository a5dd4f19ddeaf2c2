#ifndef TL_CTIFF_H
#define TL_CTIFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tl_tiff_status {
  TL_TIFF_OK = 0,
  TL_TIFF_MALFORMED = 1,
  TL_TIFF_OUT_OF_MEMORY = 2,
  // The data end before the picture does.
  TL_TIFF_CUT_OFF = 3,
} tl_tiff_status;

// libtiff's first complaint; empty if it had none.
typedef struct tl_tiff_message {
  char text[200];
} tl_tiff_message;

typedef struct tl_tiff_header {
  // Of the first picture, in pixels, as stored.
  uint32_t width, height;
  // As tag 274 has it.
  uint16_t orientation;
} tl_tiff_header;

// What the first picture of the file says about itself, without decoding a pixel.
tl_tiff_status tl_tiff_read_header(const uint8_t *file, size_t size, tl_tiff_header *header,
                                   tl_tiff_message *message);

// Decodes the first picture, of this size, into red, green, blue and opacity ([height * width * 4]),
// the colours multiplied by their opacity, rows in the order they are stored in. Samples of 1 to 16
// bits become 8. Channels that are neither colours nor opacity are passed over.
tl_tiff_status tl_tiff_decode(const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                              uint8_t *pixels, tl_tiff_message *message);

#endif
