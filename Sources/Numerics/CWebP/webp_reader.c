#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "CWebP.h"

static tl_webp_status status_of(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OK: return TL_WEBP_OK;
    case VP8_STATUS_OUT_OF_MEMORY: return TL_WEBP_OUT_OF_MEMORY;
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: return TL_WEBP_CUT_OFF;
    default: return TL_WEBP_MALFORMED;
  }
}

tl_webp_status tl_webp_read_header(const uint8_t *file, size_t size, tl_webp_header *header) {
  WebPBitstreamFeatures features;
  VP8StatusCode code = WebPGetFeatures(file, size, &features);
  if (code != VP8_STATUS_OK) return status_of(code);
  header->width = features.width;
  header->height = features.height;
  header->is_animated = features.has_animation;
  return TL_WEBP_OK;
}

static tl_webp_status decode_first(const uint8_t *file, size_t size, const tl_webp_header *header,
                                   uint8_t *pixels) {
  WebPData data = {file, size};
  WebPAnimDecoderOptions options;
  if (!WebPAnimDecoderOptionsInit(&options)) return TL_WEBP_MALFORMED;
  options.color_mode = MODE_RGBA;
  options.use_threads = 0;
  WebPAnimDecoder *decoder = WebPAnimDecoderNew(&data, &options);
  // It tells nothing of what is wrong.
  if (!decoder) return TL_WEBP_MALFORMED;
  WebPAnimInfo info;
  uint8_t *first;
  int time;
  bool is_decoded = WebPAnimDecoderGetInfo(decoder, &info)
                    && info.canvas_width == header->width && info.canvas_height == header->height
                    && WebPAnimDecoderGetNext(decoder, &first, &time);
  if (is_decoded) memcpy(pixels, first, (size_t)header->width * header->height * 4);
  WebPAnimDecoderDelete(decoder);
  return is_decoded ? TL_WEBP_OK : TL_WEBP_MALFORMED;
}

tl_webp_status tl_webp_decode(const uint8_t *file, size_t size, const tl_webp_header *header,
                              uint8_t *pixels) {
  if (header->is_animated) return decode_first(file, size, header, pixels);
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) return TL_WEBP_MALFORMED;
  config.output.colorspace = MODE_RGBA;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)header->width * 4;
  config.output.u.RGBA.size = (size_t)header->width * header->height * 4;
  VP8StatusCode code = WebPDecode(file, size, &config);
  WebPFreeDecBuffer(&config.output);
  return status_of(code);
}
