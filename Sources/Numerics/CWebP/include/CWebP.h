#ifndef TL_CWEBP_H
#define TL_CWEBP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tl_webp_status {
  TL_WEBP_OK = 0,
  TL_WEBP_MALFORMED = 1,
  TL_WEBP_OUT_OF_MEMORY = 2,
  // The data end before the picture does.
  TL_WEBP_CUT_OFF = 3,
} tl_webp_status;

typedef struct tl_webp_header {
  // Of the whole picture, in pixels, as stored.
  uint32_t width, height;
  bool is_animated;
} tl_webp_header;

// What the file says about itself, without decoding a pixel.
tl_webp_status tl_webp_read_header(const uint8_t *file, size_t size, tl_webp_header *header);

// Decodes the picture, or the first of several, whose header was read, into red, green, blue and
// opacity ([height * width * 4]).
tl_webp_status tl_webp_decode(const uint8_t *file, size_t size, const tl_webp_header *header,
                              uint8_t *pixels);

#endif
