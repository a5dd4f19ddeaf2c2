#include <stdlib.h>
#include <string.h>

#include "jpeg_errors.h"

// What has to outlive a long jump, and therefore lies in no register.
typedef struct encoding {
  struct jpeg_compress_struct codec;
  tl_jpeg_errors errors;
  unsigned char *file;
  unsigned long size;
} encoding;

static void set_up(j_compress_ptr codec, const tl_jpeg_settings *settings) {
  codec->image_width = settings->width;
  codec->image_height = settings->height;
  codec->input_components = 3;
  codec->in_color_space = JCS_RGB;
  jpeg_set_defaults(codec);
  jpeg_set_quality(codec, settings->quality, TRUE);
  codec->dct_method = JDCT_ISLOW;
  bool is_grey = settings->columns_a_chroma == 0;
  jpeg_set_colorspace(codec, is_grey ? JCS_GRAYSCALE : JCS_YCbCr);
  if (settings->is_progressive) jpeg_simple_progression(codec);
  if (is_grey) return;
  codec->comp_info[0].h_samp_factor = settings->columns_a_chroma;
  codec->comp_info[0].v_samp_factor = settings->rows_a_chroma;
}

tl_jpeg_status tl_jpeg_encode(const uint8_t *pixels, const tl_jpeg_settings *settings,
                              uint8_t **file, size_t *size, tl_jpeg_message *message) {
  encoding encoding;
  j_compress_ptr codec = &encoding.codec;
  memset(codec, 0, sizeof *codec);
  encoding.file = NULL;
  encoding.size = 0;
  codec->err = tl_jpeg_keep_errors(&encoding.errors, message);
  if (setjmp(encoding.errors.recovery)) {
    // Only want of memory leads here. What was written so far is lost with libjpeg's own record of it.
    jpeg_destroy_compress(&encoding.codec);
    return tl_jpeg_failure(&encoding.errors);
  }
  jpeg_create_compress(codec);
  jpeg_mem_dest(codec, &encoding.file, &encoding.size);
  set_up(codec, settings);
  jpeg_start_compress(codec, TRUE);
  while (codec->next_scanline < codec->image_height) {
    JSAMPROW row = (JSAMPROW)pixels + (size_t)codec->next_scanline * settings->width * 3;
    jpeg_write_scanlines(codec, &row, 1);
  }
  jpeg_finish_compress(codec);
  jpeg_destroy_compress(codec);
  *file = encoding.file;
  *size = encoding.size;
  return TL_JPEG_OK;
}

void tl_jpeg_free(uint8_t *file) { free(file); }
