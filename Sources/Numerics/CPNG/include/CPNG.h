#ifndef TL_CPNG_H
#define TL_CPNG_H

#include <png.h>
#include <stddef.h>
#include <stdint.h>

// libpng reports errors by long jumps, which must not cross Swift's frames. This reader keeps them
// to itself. (libpng's own jump-free interface puts the rows of interlaced 16-bit pictures
// without alpha in the wrong places, as of version 1.6.39.)

typedef enum tl_png_status {
  TL_PNG_DECODED = 0,
  TL_PNG_MALFORMED = 1,
  TL_PNG_OUT_OF_MEMORY = 2,
  // The data end before the picture does.
  TL_PNG_CUT_OFF = 3,
} tl_png_status;

// libpng's error or, if there was none, its first warning; empty if it had nothing to say.
typedef struct tl_png_message {
  char text[128];
} tl_png_message;

// Decodes a PNG file of any colour type and depth, interlaced or not, whose header says width and
// height, into red, green, blue and alpha of 8 bits each ([height * width * 4]). Samples of 16
// bits are scaled to 8, round(v / 257); gamma and colour profiles are not applied. A picture is whole
// when all its rows were there, whatever follows them. Check sums are not compared.
tl_png_status tl_png_decode(const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                            uint8_t *pixels, tl_png_message *message);

// CRC-32, as PNG has it behind each chunk's type and data.
uint32_t tl_png_check_sum(const uint8_t *bytes, size_t count);

#endif
