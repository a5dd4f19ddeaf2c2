#ifndef TL_CJPEG_H
#define TL_CJPEG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// libjpeg reports errors by long jumps, which must not cross Swift's frames. These functions keep them
// to themselves. They use libjpeg's own interface and not TurboJPEG's, which knows six kinds of chroma
// sampling and tells the first of a file's warnings alone.

typedef enum tl_jpeg_status {
  TL_JPEG_OK = 0,
  TL_JPEG_MALFORMED = 1,
  TL_JPEG_OUT_OF_MEMORY = 2,
  // The data end before the picture does.
  TL_JPEG_CUT_OFF = 3,
} tl_jpeg_status;

// libjpeg's error or, if there was none, its first warning; empty if it had nothing to say.
typedef struct tl_jpeg_message {
  char text[200];
} tl_jpeg_message;

typedef struct tl_jpeg_header {
  // In pixels, as stored.
  uint32_t width, height;
  // Four inks instead of colours or grey.
  bool is_four_inks;
  // What the coefficients of the whole picture take while it is decoded; 0 for one that is decoded
  // row by row.
  uint64_t coefficient_bytes;
} tl_jpeg_header;

// What the file says about itself, without decoding a pixel.
tl_jpeg_status tl_jpeg_read_header(const uint8_t *file, size_t size, tl_jpeg_header *header,
                                   tl_jpeg_message *message);

typedef struct tl_jpeg_scale {
  // By how much the picture is scaled down in the DCT: 1, 2, 4 or 8.
  uint32_t denominator;
  // Of the scaled picture, rounded up. One that doesn't scale to this size is an error.
  uint32_t width, height;
} tl_jpeg_scale;

// Neighbouring columns of the scaled picture, at least one.
typedef struct tl_jpeg_columns {
  uint32_t first, count;
} tl_jpeg_columns;

// Decodes columns into `pixels` ([height * columns * 4]: red, green, blue and one byte without a meaning,
// or four inks; there must be room for all columns), with the accurate integer DCT and smooth chroma
// upsampling. `columns` are those that are wanted; they become those that were made, which may be more.
// All data are read, so that the columns change neither the verdict on a file nor the warnings, and the
// wanted pixels are those of the whole picture. A picture of more than `scans_max` scans is refused once
// so many are read.
//
// A picture is whole when all its data were there, whatever follows them.
tl_jpeg_status tl_jpeg_decode(const uint8_t *file, size_t size, tl_jpeg_scale scale,
                              int scans_max, tl_jpeg_columns *columns, uint8_t *pixels,
                              tl_jpeg_message *message);

typedef struct tl_jpeg_settings {
  uint32_t width, height;
  // From 1 to 100.
  int quality;
  // How many pixels share a chroma sample, in a row and in a column; 0 for a grey picture.
  int columns_a_chroma, rows_a_chroma;
  bool is_progressive;
} tl_jpeg_settings;

// Encodes red, green and blue ([height * width * 3]) with the accurate integer DCT. The file is the
// caller's, who gives it to `tl_jpeg_free`.
tl_jpeg_status tl_jpeg_encode(const uint8_t *pixels, const tl_jpeg_settings *settings,
                              uint8_t **file, size_t *size, tl_jpeg_message *message);

void tl_jpeg_free(uint8_t *file);

#endif
