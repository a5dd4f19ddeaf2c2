#include <errno.h>
#include <limits.h>

#include "CHEIF.h"
#include "dav1d_library.h"
#include "planes.h"

static void keep(const uint8_t *data, void *context) { (void)data, (void)context; }

// The first picture that the data give.
static int decode(const struct tl_dav1d_library *dav1d, Dav1dContext *decoder, Dav1dData *data,
                  Dav1dPicture *picture) {
  for (;;) {
    size_t left = data->sz;
    int result = left > 0 ? dav1d->send_data(decoder, data) : 0;
    if (result < 0 && result != DAV1D_ERR(EAGAIN)) return result;
    result = dav1d->get_picture(decoder, picture);
    // What has taken all data may still hold the picture back.
    if (result != DAV1D_ERR(EAGAIN) || data->sz == left) return result;
  }
}

static tl_heif_status copy(const Dav1dPicture *picture, const tl_heif_header *header,
                           uint16_t *samples) {
  uint32_t width = (uint32_t)picture->p.w, height = (uint32_t)picture->p.h;
  enum Dav1dPixelLayout layout = picture->p.layout;
  bool is_grey = layout == DAV1D_PIXEL_LAYOUT_I400;
  bool is_narrow = layout != DAV1D_PIXEL_LAYOUT_I444;
  bool is_low = layout == DAV1D_PIXEL_LAYOUT_I420;
  uint32_t chroma_width = is_grey ? 0 : is_narrow ? (width + 1) / 2 : width;
  uint32_t chroma_height = is_grey ? 0 : is_low ? (height + 1) / 2 : height;
  if (width != header->width || height != header->height || chroma_width != header->chroma_width
      || chroma_height != header->chroma_height || (uint32_t)picture->p.bpc != header->depth)
    return TL_HEIF_OTHER_PICTURE;
  samples = tl_heif_copy_plane(picture->data[0], picture->stride[0], header->depth, width, height,
                               samples);
  for (int channel = 1; channel < 3 && !is_grey; channel++)
    samples = tl_heif_copy_plane(picture->data[channel], picture->stride[1], header->depth,
                                 chroma_width, chroma_height, samples);
  return TL_HEIF_OK;
}

static tl_heif_status status_of(int result) {
  switch (result) {
    case DAV1D_ERR(ENOMEM): return TL_HEIF_OUT_OF_MEMORY;
    case DAV1D_ERR(EAGAIN): return TL_HEIF_CUT_OFF;
    default: return TL_HEIF_DAMAGED;
  }
}

tl_heif_status tl_av1_decode(const uint8_t *data, size_t size, const tl_heif_header *header,
                             uint16_t *samples) {
  const struct tl_dav1d_library *dav1d = tl_dav1d_library();
  if (!dav1d) return TL_HEIF_NO_LIBRARY;
  Dav1dSettings settings;
  dav1d->default_settings(&settings);
  settings.n_threads = 1;
  settings.max_frame_delay = 1;
  settings.all_layers = 0;
  uint64_t pixels = (uint64_t)header->width * header->height;
  settings.frame_size_limit = pixels > UINT_MAX ? UINT_MAX : (unsigned)pixels;
  settings.logger.callback = NULL;
  Dav1dContext *decoder;
  int result = dav1d->open(&decoder, &settings);
  if (result < 0) return status_of(result);
  Dav1dData input = {0};
  union tl_dav1d_picture picture = {.room = {0}};
  // The bytes outlive the decoder.
  result = dav1d->data_wrap(&input, data, size, keep, NULL);
  if (result == 0) result = decode(dav1d, decoder, &input, &picture.picture);
  tl_heif_status status = status_of(result);
  if (result == 0) {
    status = copy(&picture.picture, header, samples);
    dav1d->picture_unref(&picture.picture);
  }
  dav1d->data_unref(&input);
  dav1d->close(&decoder);
  return status;
}
