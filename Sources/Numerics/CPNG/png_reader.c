#include <setjmp.h>
#include <stdbool.h>
#include <string.h>

#include <zlib.h>

#include "CPNG.h"

typedef struct {
  const uint8_t *bytes;
  size_t left;
} tl_png_source;

// How many rows libpng has read, and how many there are in all passes.
typedef struct {
  uint64_t read, total;
} tl_png_rows;

static void keep(tl_png_message *message, const char *text) {
  strncpy(message->text, text, sizeof message->text - 1);
  message->text[sizeof message->text - 1] = 0;
}

static void fail(png_structp png, png_const_charp text) {
  keep(png_get_error_ptr(png), text);
  png_longjmp(png, 1);
}

static void warn(png_structp png, png_const_charp text) {
  tl_png_message *message = png_get_error_ptr(png);
  if (message->text[0] == 0) keep(message, text);
}

// libpng calls it with each row that it has decompressed, before anything behind the row is read.
static void count_row(png_structp png, png_row_infop row, png_bytep data) {
  (void)row, (void)data;
  tl_png_rows *rows = png_get_user_transform_ptr(png);
  rows->read++;
}

static void supply(png_structp png, png_bytep target, size_t count) {
  tl_png_source *source = png_get_io_ptr(png);
  if (count > source->left) png_error(png, "premature end");
  memcpy(target, source->bytes, count);
  source->bytes += count;
  source->left -= count;
}

// Whatever the file holds becomes four bytes a pixel.
static int transform(png_structp png, png_infop info, uint32_t width, uint32_t height,
                     tl_png_rows *rows) {
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
    png_error(png, "another size than the header's");
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  png_set_read_user_transform_fn(png, count_row);
  png_set_user_transform_info(png, rows, 0, 0);
  int passes = png_set_interlace_handling(png);
  rows->total = height;
  if (passes > 1) rows->total = 0;
  for (int pass = 0; passes > 1 && pass < passes; pass++)
    if (PNG_PASS_COLS(width, pass) > 0) rows->total += PNG_PASS_ROWS(height, pass);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != 4 * (size_t)width) png_error(png, "rows of another length");
  return passes;
}

tl_png_status tl_png_decode(const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                            uint8_t *pixels, tl_png_message *message) {
  tl_png_source source = {file, size};
  // Both outlive a long jump: they are in memory, as libpng has their addresses.
  volatile tl_png_rows rows = {0, 0};
  message->text[0] = 0;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, message, fail, warn);
  if (!png) return TL_PNG_OUT_OF_MEMORY;
  png_infop info = png_create_info_struct(png);
  if (!info) {
    png_destroy_read_struct(&png, NULL, NULL);
    return TL_PNG_OUT_OF_MEMORY;
  }
  if (setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    if (rows.total > 0 && rows.read == rows.total) return TL_PNG_DECODED;
    if (strstr(message->text, "emory")) return TL_PNG_OUT_OF_MEMORY;
    // libpng's words for data that end too soon, in the stream of chunks and in that of zlib.
    bool is_cut_off = strstr(message->text, "premature end") || strstr(message->text, "Not enough");
    return is_cut_off ? TL_PNG_CUT_OFF : TL_PNG_MALFORMED;
  }
  png_set_read_fn(png, &source, supply);
  png_set_crc_action(png, PNG_CRC_QUIET_USE, PNG_CRC_QUIET_USE);
  // That of the compressed data lies behind the last row, and so does not count either.
  png_set_option(png, PNG_IGNORE_ADLER32, PNG_OPTION_ON);
  // Some programs announce a smaller window than they used.
  png_set_option(png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
  png_read_info(png, info);
  int passes = transform(png, info, width, height, (tl_png_rows *)&rows);
  // Each pass of an interlaced picture adds its pixels to the rows that the passes before left.
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++)
      png_read_row(png, pixels + (size_t)y * width * 4, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return TL_PNG_DECODED;
}

uint32_t tl_png_check_sum(const uint8_t *bytes, size_t count) {
  return crc32_z(0, bytes, count);
}
