#include <stdlib.h>
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

static const size_t FILE_HEADER_BYTES = 12, CHUNK_HEADER_BYTES = 8;

static uint32_t number_at(const uint8_t *bytes) {
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// Where the chunk of an animation's first frame ends, its padding included, which may lie behind the
// file's end; 0 where the frame isn't whole.
static size_t end_of_first_frame(const uint8_t *file, size_t size) {
  size_t end = FILE_HEADER_BYTES > size ? 0 : (size_t)number_at(file + 4) + CHUNK_HEADER_BYTES;
  if (end > size) end = size;
  for (size_t at = FILE_HEADER_BYTES; at <= end && end - at >= CHUNK_HEADER_BYTES;) {
    size_t count = number_at(file + at + 4);
    if (count > end - at - CHUNK_HEADER_BYTES) return 0;
    size_t next = at + CHUNK_HEADER_BYTES + count + (count & 1);
    if (memcmp(file + at, "ANMF", 4) == 0) return next;
    at = next;
  }
  return 0;
}

// An animation's file as if its first frame were the only one, so that what follows doesn't count: the
// library looks at all frames before it gives any. NULL without memory.
static uint8_t *copy_to(size_t end, const uint8_t *file, size_t size) {
  uint8_t *copy = calloc(1, end);
  if (!copy) return NULL;
  memcpy(copy, file, end < size ? end : size);
  size_t count = end - CHUNK_HEADER_BYTES;
  for (int i = 0; i < 4; i++) copy[4 + i] = (uint8_t)(count >> 8 * i);
  return copy;
}

static tl_webp_status decode_only(const uint8_t *file, size_t size, const tl_webp_header *header,
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

static tl_webp_status decode_first(const uint8_t *file, size_t size, const tl_webp_header *header,
                                   uint8_t *pixels) {
  size_t end = end_of_first_frame(file, size);
  if (end == 0) return TL_WEBP_CUT_OFF;
  uint8_t *copy = copy_to(end, file, size);
  if (!copy) return TL_WEBP_OUT_OF_MEMORY;
  tl_webp_status status = decode_only(copy, end, header, pixels);
  free(copy);
  return status;
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
