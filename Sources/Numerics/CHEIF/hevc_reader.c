#include <stdlib.h>

#include <libde265/de265.h>

#include "CHEIF.h"
#include "planes.h"

// libde265 leaves blocks that damaged data don't reach as they were in memory, and says nothing. So each
// picture is decoded twice. The first time without filters, into planes of our own: luma begins with a mark
// in each tree of blocks, which tells where nothing was decoded. Only if none is left the picture is decoded
// as it should be; with its last filter the library takes no planes of ours.
//
// Trees have 16 x 16 pixels or more.
enum { TREE_SIDE = 16, MARK_START = 4, MARK_SIDE = 4 };

// Drawn at random: no picture has it by chance.
static const uint8_t mark[MARK_SIDE][MARK_SIDE] = {
    {0x5d, 0xe1, 0x27, 0x9c}, {0xb4, 0x03, 0xf6, 0x48}, {0x7a, 0xcf, 0x11, 0x85}, {0x32, 0x96, 0xeb, 0x60}};

// Decoders read a little beyond the samples.
enum { PADDING = 64 };

struct coded_size {
  uint32_t width, height;
};

struct request {
  struct coded_size size;
  // Why there are no planes: the decoder passes over that.
  tl_heif_status failure;
};

// Where a sample of the mark lies; sides are multiples of 8, so that a tree has the whole mark or none.
static uint8_t *mark_row(uint8_t *luma, size_t stride, size_t bytes, size_t x, size_t y, size_t row) {
  return luma + (y + MARK_START + row) * stride + (x + MARK_START) * bytes;
}

static void set_marks(uint8_t *luma, size_t stride, size_t bytes, struct coded_size size) {
  for (size_t y = 0; y + MARK_START + MARK_SIDE <= size.height; y += TREE_SIDE)
    for (size_t x = 0; x + MARK_START + MARK_SIDE <= size.width; x += TREE_SIDE)
      for (size_t row = 0; row < MARK_SIDE; row++) {
        uint8_t *samples = mark_row(luma, stride, bytes, x, y, row);
        for (size_t i = 0; i < MARK_SIDE; i++) samples[i * bytes] = mark[row][i];
      }
}

static bool is_marked(uint8_t *luma, size_t stride, size_t bytes, size_t x, size_t y) {
  for (size_t row = 0; row < MARK_SIDE; row++) {
    const uint8_t *samples = mark_row(luma, stride, bytes, x, y, row);
    for (size_t i = 0; i < MARK_SIDE; i++) {
      if (samples[i * bytes] != mark[row][i] || (bytes == 2 && samples[2 * i + 1] != 0)) return false;
    }
  }
  return true;
}

static bool has_marks(uint8_t *luma, size_t stride, size_t bytes, struct coded_size size) {
  for (size_t y = 0; y + MARK_START + MARK_SIDE <= size.height; y += TREE_SIDE)
    for (size_t x = 0; x + MARK_START + MARK_SIDE <= size.width; x += TREE_SIDE)
      if (is_marked(luma, stride, bytes, x, y)) return true;
  return false;
}

static size_t bytes_of_sample(const struct de265_image *image, int channel) {
  return de265_get_bits_per_pixel(image, channel) > 8 ? 2 : 1;
}

// Refuses pictures of another size than was announced, so that none takes more memory than that.
static int get_planes(de265_decoder_context *decoder, struct de265_image_spec *spec,
                      struct de265_image *image, void *context) {
  (void)decoder;
  struct request *request = context;
  const struct coded_size *size = &request->size;
  if ((uint32_t)spec->width != size->width || (uint32_t)spec->height != size->height) {
    request->failure = TL_HEIF_OTHER_PICTURE;
    return 0;
  }
  enum de265_chroma chroma = de265_get_chroma_format(image);
  int count = chroma == de265_chroma_mono ? 1 : 3;
  uint8_t *planes[3];
  for (int channel = 0; channel < 3; channel++) {
    if (channel >= count) {
      de265_set_image_plane(image, channel, NULL, 0, NULL);
      continue;
    }
    bool is_narrow = channel > 0 && chroma != de265_chroma_444;
    bool is_low = channel > 0 && chroma == de265_chroma_420;
    size_t bytes = bytes_of_sample(image, channel);
    size_t width = is_narrow ? size->width / 2 : size->width;
    size_t height = is_low ? size->height / 2 : size->height;
    size_t alignment = (size_t)spec->alignment;
    size_t stride = (width + alignment - 1) / alignment * alignment * bytes;
    size_t byte_count = (stride * height + PADDING + 63) / 64 * 64;
    planes[channel] = aligned_alloc(64, byte_count);
    if (!planes[channel]) {
      while (channel > 0) free(planes[--channel]);
      request->failure = TL_HEIF_OUT_OF_MEMORY;
      return 0;
    }
    memset(planes[channel], 0, byte_count);
    if (channel == 0) set_marks(planes[0], stride, bytes, *size);
    de265_set_image_plane(image, channel, planes[channel], (int)stride, planes[channel]);
  }
  return 1;
}

static void release_planes(de265_decoder_context *decoder, struct de265_image *image, void *context) {
  (void)decoder, (void)context;
  for (int channel = 0; channel < 3; channel++)
    free(de265_get_image_plane_user_data(image, channel));
}

static uint32_t number_at(const uint8_t *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static tl_heif_status push(de265_decoder_context *decoder, const uint8_t *units, size_t size) {
  while (size >= 4) {
    uint32_t length = number_at(units);
    if (length > size - 4 || length > INT32_MAX) return TL_HEIF_CUT_OFF;
    de265_error error = de265_push_NAL(decoder, units + 4, (int)length, 0, NULL);
    if (error == DE265_ERROR_OUT_OF_MEMORY) return TL_HEIF_OUT_OF_MEMORY;
    if (error != DE265_OK) return TL_HEIF_DAMAGED;
    units += 4 + length;
    size -= 4 + length;
  }
  if (size > 0) return TL_HEIF_CUT_OFF;
  return de265_flush_data(decoder) == DE265_OK ? TL_HEIF_OK : TL_HEIF_DAMAGED;
}

static tl_heif_status copy(const struct de265_image *image, tl_heif_header *header,
                           uint16_t *samples) {
  bool is_grey = de265_get_chroma_format(image) == de265_chroma_mono;
  if (is_grey != (header->chroma_width == 0)) return TL_HEIF_OTHER_PICTURE;
  for (int channel = 0; channel < (is_grey ? 1 : 3); channel++) {
    uint32_t width = channel == 0 ? header->width : header->chroma_width;
    uint32_t height = channel == 0 ? header->height : header->chroma_height;
    if ((uint32_t)de265_get_image_width(image, channel) != width
        || (uint32_t)de265_get_image_height(image, channel) != height
        || (uint32_t)de265_get_bits_per_pixel(image, channel) != header->depth)
      return TL_HEIF_OTHER_PICTURE;
    int stride;
    const uint8_t *plane = de265_get_image_plane(image, channel, &stride);
    samples = tl_heif_copy_plane(plane, stride, header->depth, width, height, samples);
  }
  header->matrix = (uint32_t)de265_get_image_matrix_coefficients(image);
  header->is_full_range = de265_get_image_full_range_flag(image) != 0;
  return TL_HEIF_OK;
}

// The first picture, or NULL: none comes where the decoder itself called it faulty.
static const struct de265_image *decode(de265_decoder_context *decoder) {
  de265_error error;
  int is_more;
  do {
    is_more = 0;
    error = de265_decode(decoder, &is_more);
  } while (error == DE265_OK && is_more && !de265_peek_next_picture(decoder));
  if (error != DE265_OK || de265_get_warning(decoder) != DE265_OK) return NULL;
  return de265_peek_next_picture(decoder);
}

// Whether all blocks are in the data.
static tl_heif_status check(de265_decoder_context *decoder, const uint8_t *units, size_t size,
                            struct coded_size coded) {
  struct request request = {coded, TL_HEIF_OK};
  struct de265_image_allocation allocation = {get_planes, release_planes};
  de265_set_image_allocation_functions(decoder, &allocation, &request);
  de265_set_parameter_bool(decoder, DE265_DECODER_PARAM_DISABLE_DEBLOCKING, 1);
  de265_set_parameter_bool(decoder, DE265_DECODER_PARAM_DISABLE_SAO, 1);
  tl_heif_status status = push(decoder, units, size);
  if (status != TL_HEIF_OK) return status;
  const struct de265_image *image = decode(decoder);
  if (request.failure != TL_HEIF_OK) return request.failure;
  if (!image) return TL_HEIF_DAMAGED;
  int stride;
  de265_get_image_plane(image, 0, &stride);
  uint8_t *luma = de265_get_image_plane_user_data(image, 0);
  // Planes of the library's own, as another version might take them, have no marks.
  if (!luma) return TL_HEIF_DAMAGED;
  return has_marks(luma, (size_t)stride, bytes_of_sample(image, 0), coded) ? TL_HEIF_CUT_OFF
                                                                          : TL_HEIF_OK;
}

static de265_decoder_context *new_decoder(void) {
  de265_decoder_context *decoder = de265_new_decoder();
  if (decoder) de265_set_parameter_bool(decoder, DE265_DECODER_PARAM_SUPPRESS_FAULTY_PICTURES, 1);
  return decoder;
}

tl_heif_status tl_hevc_decode(const uint8_t *units, size_t size, uint32_t coded_width,
                              uint32_t coded_height, tl_heif_header *header, uint16_t *samples) {
  de265_decoder_context *decoder = new_decoder();
  if (!decoder) return TL_HEIF_OUT_OF_MEMORY;
  struct coded_size coded = {coded_width, coded_height};
  tl_heif_status status = check(decoder, units, size, coded);
  de265_free_decoder(decoder);
  if (status != TL_HEIF_OK) return status;

  decoder = new_decoder();
  if (!decoder) return TL_HEIF_OUT_OF_MEMORY;
  status = push(decoder, units, size);
  if (status == TL_HEIF_OK) {
    const struct de265_image *image = decode(decoder);
    // What was found sound a moment ago can only lack memory.
    status = image ? copy(image, header, samples) : TL_HEIF_OUT_OF_MEMORY;
  }
  de265_free_decoder(decoder);
  return status;
}
