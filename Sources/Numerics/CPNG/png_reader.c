#include <setjmp.h>
#include <string.h>

#include "CPNG.h"

typedef struct {
  const uint8_t *bytes;
  size_t left;
} tl_png_source;

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

static void supply(png_structp png, png_bytep target, size_t count) {
  tl_png_source *source = png_get_io_ptr(png);
  if (count > source->left) png_error(png, "premature end");
  memcpy(target, source->bytes, count);
  source->bytes += count;
  source->left -= count;
}

// Whatever the file holds becomes four bytes a pixel.
static int transform(png_structp png, png_infop info, uint32_t width, uint32_t height) {
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height)
    png_error(png, "another size than the header's");
  png_set_expand(png);
  png_set_scale_16(png);
  png_set_gray_to_rgb(png);
  png_set_add_alpha(png, 255, PNG_FILLER_AFTER);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != 4 * (size_t)width) png_error(png, "rows of another length");
  return passes;
}

tl_png_status tl_png_decode(const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                            uint8_t *pixels, tl_png_message *message) {
  tl_png_source source = {file, size};
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
    int is_memory = strstr(message->text, "emory") != NULL;
    return is_memory ? TL_PNG_OUT_OF_MEMORY : TL_PNG_MALFORMED;
  }
  png_set_read_fn(png, &source, supply);
  png_read_info(png, info);
  int passes = transform(png, info, width, height);
  // Each pass of an interlaced picture adds its pixels to the rows that the passes before left.
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++)
      png_read_row(png, pixels + (size_t)y * width * 4, NULL);
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return TL_PNG_DECODED;
}
