#include <string.h>

#include <jerror.h>

#include "jpeg_errors.h"

// What has to outlive a long jump, and therefore lies in no register.
typedef struct decoding {
  struct jpeg_decompress_struct codec;
  tl_jpeg_errors errors;
} decoding;

static void open_file(decoding *decoding, const uint8_t *file, size_t size) {
  jpeg_create_decompress(&decoding->codec);
  jpeg_mem_src(&decoding->codec, file, size);
  jpeg_read_header(&decoding->codec, TRUE);
}

static bool is_four_inks(const struct jpeg_decompress_struct *codec) {
  return codec->jpeg_color_space == JCS_CMYK || codec->jpeg_color_space == JCS_YCCK;
}

static uint64_t coefficient_bytes(j_decompress_ptr codec) {
  if (!jpeg_has_multiple_scans(codec)) return 0;
  uint64_t blocks = 0;
  for (int index = 0; index < codec->num_components; index++) {
    const jpeg_component_info *component = &codec->comp_info[index];
    // Whole groups of blocks are kept.
    blocks += ((uint64_t)component->width_in_blocks + component->h_samp_factor)
              * ((uint64_t)component->height_in_blocks + component->v_samp_factor);
  }
  return blocks * DCTSIZE2 * sizeof(JCOEF);
}

tl_jpeg_status tl_jpeg_read_header(const uint8_t *file, size_t size, tl_jpeg_header *header,
                                   tl_jpeg_message *message) {
  decoding decoding;
  memset(&decoding.codec, 0, sizeof decoding.codec);
  decoding.codec.err = tl_jpeg_keep_errors(&decoding.errors, message);
  if (setjmp(decoding.errors.recovery)) {
    jpeg_destroy_decompress(&decoding.codec);
    return tl_jpeg_failure(&decoding.errors);
  }
  open_file(&decoding, file, size);
  header->width = decoding.codec.image_width;
  header->height = decoding.codec.image_height;
  header->is_four_inks = is_four_inks(&decoding.codec);
  header->coefficient_bytes = coefficient_bytes(&decoding.codec);
  jpeg_destroy_decompress(&decoding.codec);
  return TL_JPEG_OK;
}

// Whether nothing is left that a further scan could add.
static bool is_complete(const struct jpeg_decompress_struct *codec) {
  for (int index = 0; index < codec->num_components; index++) {
    // A component without its table has been in no scan.
    if (!codec->comp_info[index].quant_table) return false;
    if (!codec->progressive_mode) continue;
    for (int coefficient = 0; coefficient < DCTSIZE2; coefficient++)
      if (codec->coef_bits[index][coefficient] != 0) return false;
  }
  return true;
}

// Reads all scans of a picture that has several, up to its end or until it is complete: what follows
// then doesn't belong to it.
static void read_scans(decoding *decoding, int scans_max) {
  j_decompress_ptr codec = &decoding->codec;
  for (;;) {
    int event = jpeg_consume_input(codec);
    if (event == JPEG_REACHED_EOI) break;
    if (codec->input_scan_number > scans_max) {
      snprintf(decoding->errors.message->text, sizeof decoding->errors.message->text,
               "more than %d scans", scans_max);
      longjmp(decoding->errors.recovery, 2);
    }
    if (event == JPEG_SCAN_COMPLETED && is_complete(codec)) return;
  }
  // Without an end-of-image marker nobody can tell that no further scan was to come.
  bool has_all_components = true;
  for (int index = 0; index < codec->num_components; index++)
    has_all_components = has_all_components && codec->comp_info[index].quant_table;
  if (!has_all_components || (decoding->errors.is_at_end && !is_complete(codec)))
    decoding->errors.lacks_data = true;
}

// Whether some columns can be decoded without the others: only where none of libjpeg-turbo's versions
// has a known fault in it, which is with one scan, at full size, and with a chroma sample to every 1 or 2
// pixels in each direction.
static bool can_leave_columns_out(const struct jpeg_decompress_struct *codec) {
  if (codec->buffered_image || codec->scale_denom != 1) return false;
  if (codec->num_components != 1 && codec->num_components != 3) return false;
  int luma_max = codec->num_components == 1 ? 1 : 2;
  if (codec->comp_info[0].h_samp_factor > luma_max || codec->comp_info[0].v_samp_factor > luma_max)
    return false;
  for (int index = 1; index < codec->num_components; index++)
    if (codec->comp_info[index].h_samp_factor != 1 || codec->comp_info[index].v_samp_factor != 1)
      return false;
  return true;
}

// Leaves out columns that aren't wanted, as far as libjpeg can: it begins with a whole group of blocks.
static void choose_columns(j_decompress_ptr codec, tl_jpeg_columns *columns) {
  if (columns->count == 0 || columns->first > codec->output_width
      || columns->count > codec->output_width - columns->first)
    ERREXIT(codec, JERR_BAD_CROP_SPEC);
  tl_jpeg_columns made = {.first = 0, .count = codec->output_width};
  if (can_leave_columns_out(codec)) {
    // At the borders of what is decoded smooth upsampling has only one of the two chroma samples that
    // it looks at. And in less than 3 samples libjpeg would not be smooth.
    enum { MARGIN = 8 };
    JDIMENSION first = columns->first < MARGIN ? 0 : columns->first - MARGIN;
    JDIMENSION end = columns->first + columns->count;
    end = codec->output_width - end < MARGIN ? codec->output_width : end + MARGIN;
    made = (tl_jpeg_columns){.first = first, .count = end - first};
    jpeg_crop_scanline(codec, &made.first, &made.count);
  }
  *columns = made;
}

static void read_rows(j_decompress_ptr codec, uint8_t *pixels) {
  size_t row_bytes = (size_t)codec->output_width * 4;
  JSAMPROW rows[16];
  while (codec->output_scanline < codec->output_height) {
    JDIMENSION left = codec->output_height - codec->output_scanline;
    JDIMENSION count = left < 16 ? left : 16;
    for (JDIMENSION row = 0; row < count; row++)
      rows[row] = pixels + ((size_t)codec->output_scanline + row) * row_bytes;
    jpeg_read_scanlines(codec, rows, count);
  }
}

tl_jpeg_status tl_jpeg_decode(const uint8_t *file, size_t size, tl_jpeg_scale scale,
                              int scans_max, tl_jpeg_columns *columns, uint8_t *pixels,
                              tl_jpeg_message *message) {
  decoding decoding;
  j_decompress_ptr codec = &decoding.codec;
  memset(codec, 0, sizeof *codec);
  codec->err = tl_jpeg_keep_errors(&decoding.errors, message);
  int jump = setjmp(decoding.errors.recovery);
  if (jump) {
    jpeg_destroy_decompress(&decoding.codec);
    return jump == 2 ? TL_JPEG_MALFORMED : tl_jpeg_failure(&decoding.errors);
  }
  open_file(&decoding, file, size);
  codec->scale_num = 1;
  codec->scale_denom = scale.denominator;
  codec->dct_method = JDCT_ISLOW;
  codec->out_color_space = is_four_inks(codec) ? JCS_CMYK : JCS_EXT_RGBX;
  // It would blur what a scan has not brought yet, and versions differ in how.
  codec->do_block_smoothing = FALSE;
  codec->buffered_image = jpeg_has_multiple_scans(codec);
  jpeg_start_decompress(codec);
  if (codec->output_width != scale.width || codec->output_height != scale.height)
    ERREXIT(codec, JERR_BAD_LENGTH);
  choose_columns(codec, columns);
  if (codec->buffered_image) {
    read_scans(&decoding, scans_max);
    jpeg_start_output(codec, codec->input_scan_number);
  }
  if (!decoding.errors.lacks_data) read_rows(codec, pixels);
  // An arithmetic decoder makes up what it lacks without a word.
  bool lacks_data =
      decoding.errors.lacks_data || (codec->arith_code && decoding.errors.is_at_end);
  jpeg_destroy_decompress(codec);
  return lacks_data ? TL_JPEG_CUT_OFF : TL_JPEG_OK;
}
