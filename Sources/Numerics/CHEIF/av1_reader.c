#include <errno.h>
#include <limits.h>

#include <dav1d/dav1d.h>

#include "CHEIF.h"
#include "planes.h"

static tl_heif_status status_of(int result) {
  return result == DAV1D_ERR(ENOMEM) ? TL_HEIF_OUT_OF_MEMORY : TL_HEIF_DAMAGED;
}

static void set_planes(enum Dav1dPixelLayout layout, tl_heif_header *header) {
  bool is_grey = layout == DAV1D_PIXEL_LAYOUT_I400;
  bool is_narrow = layout != DAV1D_PIXEL_LAYOUT_I444;
  bool is_low = layout == DAV1D_PIXEL_LAYOUT_I420;
  header->chroma_width = is_grey ? 0 : is_narrow ? (header->width + 1) / 2 : header->width;
  header->chroma_height = is_grey ? 0 : is_low ? (header->height + 1) / 2 : header->height;
}

tl_heif_status tl_av1_read_header(const uint8_t *data, size_t size, tl_heif_header *header) {
  Dav1dSequenceHeader sequence;
  int result = dav1d_parse_sequence_header(&sequence, data, size);
  if (result < 0) return status_of(result);
  header->width = (uint32_t)sequence.max_width;
  header->height = (uint32_t)sequence.max_height;
  header->depth = 8 + 2 * (uint32_t)sequence.hbd;
  header->matrix = (uint32_t)sequence.mtrx;
  header->is_full_range = sequence.color_range != 0;
  set_planes(sequence.layout, header);
  return TL_HEIF_OK;
}

static void keep(const uint8_t *data, void *context) { (void)data, (void)context; }

// The first picture that the data give.
static int decode(Dav1dContext *decoder, Dav1dData *data, Dav1dPicture *picture) {
  for (;;) {
    size_t left = data->sz;
    int result = left > 0 ? dav1d_send_data(decoder, data) : 0;
    if (result < 0 && result != DAV1D_ERR(EAGAIN)) return result;
    result = dav1d_get_picture(decoder, picture);
    if (result != DAV1D_ERR(EAGAIN)) return result;
    if (data->sz == left) return result;
  }
}

static tl_heif_status copy(const Dav1dPicture *picture, const tl_heif_header *header,
                           uint16_t *samples) {
  tl_heif_header own = {.width = (uint32_t)picture->p.w, .height = (uint32_t)picture->p.h};
  set_planes(picture->p.layout, &own);
  if (own.width != header->width || own.height != header->height
      || own.chroma_width != header->chroma_width || own.chroma_height != header->chroma_height
      || (uint32_t)picture->p.bpc != header->depth)
    return TL_HEIF_OTHER_PICTURE;
  samples = tl_heif_copy_plane(picture->data[0], picture->stride[0], header->depth,
                               own.width, own.height, samples);
  for (int channel = 1; channel < 3 && own.chroma_width > 0; channel++)
    samples = tl_heif_copy_plane(picture->data[channel], picture->stride[1], header->depth,
                                 own.chroma_width, own.chroma_height, samples);
  return TL_HEIF_OK;
}

tl_heif_status tl_av1_decode(const uint8_t *data, size_t size, const tl_heif_header *header,
                             uint16_t *samples) {
  Dav1dSettings settings;
  dav1d_default_settings(&settings);
#if DAV1D_API_VERSION_MAJOR >= 6
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.strict_std_compliance = 1;
#else
  settings.n_frame_threads = 1;
  settings.n_tile_threads = 1;
#endif
  settings.all_layers = 0;
  uint64_t pixels = (uint64_t)header->width * header->height;
  settings.frame_size_limit = pixels > UINT_MAX ? UINT_MAX : (unsigned)pixels;
  settings.logger.callback = NULL;
  Dav1dContext *decoder;
  int result = dav1d_open(&decoder, &settings);
  if (result < 0) return status_of(result);
  Dav1dData input = {0};
  Dav1dPicture picture = {0};
  tl_heif_status status;
  // The bytes outlive the decoder.
  result = dav1d_data_wrap(&input, data, size, keep, NULL);
  if (result == 0) result = decode(decoder, &input, &picture);
  if (result == 0) {
    status = copy(&picture, header, samples);
    dav1d_picture_unref(&picture);
  } else {
    status = result == DAV1D_ERR(EAGAIN) ? TL_HEIF_CUT_OFF : status_of(result);
  }
  dav1d_data_unref(&input);
  dav1d_close(&decoder);
  return status;
}
