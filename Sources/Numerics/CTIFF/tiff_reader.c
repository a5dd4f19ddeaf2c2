#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tiffio.h>

#include "CTIFF.h"
#include "tiff_samples.h"

typedef struct {
  const uint8_t *bytes;
  uint64_t size, position;
  // Something was to be read from behind the end.
  bool is_at_end;
  tl_tiff_message *message;
} tl_tiff_source;

static tmsize_t supply(thandle_t handle, void *target, tmsize_t count) {
  tl_tiff_source *source = handle;
  uint64_t left = source->position < source->size ? source->size - source->position : 0;
  uint64_t given = (uint64_t)count < left ? (uint64_t)count : left;
  if (given < (uint64_t)count) source->is_at_end = true;
  if (given > 0) memcpy(target, source->bytes + source->position, given);
  source->position += given;
  return (tmsize_t)given;
}

static tmsize_t refuse(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  tl_tiff_source *source = handle;
  uint64_t base = whence == SEEK_CUR ? source->position : whence == SEEK_END ? source->size : 0;
  source->position = base + offset;
  return source->position;
}

static int leave_open(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size_of(thandle_t handle) { return ((tl_tiff_source *)handle)->size; }

// libtiff's handlers belong to the process; the handle tells whose complaint it is.
static void hear(thandle_t handle, const char *module, const char *format, va_list values) {
  (void)module;
  tl_tiff_source *source = handle;
  if (!source || source->message->text[0]) return;
  vsnprintf(source->message->text, sizeof source->message->text, format, values);
}

static void set_handlers(void) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  TIFFSetErrorHandlerExt(hear);
}

static TIFF *open_file(tl_tiff_source *source) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, set_handlers);
  source->message->text[0] = 0;
  // m: not through mmap; the bytes are in memory already.
  return TIFFClientOpen("picture", "rm", source, supply, refuse, seek, leave_open, size_of, NULL,
                        NULL);
}

// Whether there is as much memory as any picture may take: a damaged file asks for absurd amounts, and
// libtiff says in the same words that it doesn't try.
static bool has_memory(void) {
  void *volatile memory = malloc(2 * TL_TIFF_PIECE_BYTES_MAX);
  free(memory);
  return memory != NULL;
}

static tl_tiff_status complain(const tl_tiff_source *source, const char *text) {
  tl_tiff_message *message = source->message;
  if (!message->text[0]) snprintf(message->text, sizeof message->text, "%s", text);
  if (strstr(message->text, "emory") && !has_memory()) return TL_TIFF_OUT_OF_MEMORY;
  return source->is_at_end ? TL_TIFF_CUT_OFF : TL_TIFF_MALFORMED;
}

// Why the picture isn't read, or NULL.
static const char *objection(TIFF *tiff) {
  uint32_t kind = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SUBFILETYPE, &kind);
  if (kind & FILETYPE_REDUCEDIMAGE)
    return "it begins with a preview, as the raw files of cameras do; develop it to JPEG or TIFF";
  uint16_t photometric = 0;
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric))
    return "it does not say what its numbers mean";
  switch (photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_PALETTE:
    case PHOTOMETRIC_SEPARATED:
    case PHOTOMETRIC_YCBCR: break;
    default: return "its colours are of a kind that isn't read, as CIE L*a*b*; convert it to RGB";
  }
  uint64_t piece = TIFFIsTiled(tiff) ? TIFFTileSize64(tiff) : TIFFStripSize64(tiff);
  if (piece > TL_TIFF_PIECE_BYTES_MAX) return "its strips or tiles are too large";
  return tl_tiff_samples_objection(tiff);
}

tl_tiff_status tl_tiff_read_header(const uint8_t *file, size_t size, tl_tiff_header *header,
                                   tl_tiff_message *message) {
  tl_tiff_source source = {file, size, 0, false, message};
  TIFF *tiff = open_file(&source);
  if (!tiff) return complain(&source, "it can't be opened");
  tl_tiff_status status = TL_TIFF_OK;
  header->orientation = 1;
  TIFFGetField(tiff, TIFFTAG_ORIENTATION, &header->orientation);
  const char *text = objection(tiff);
  if (text || !TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &header->width)
      || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &header->height)) {
    if (text) message->text[0] = 0;
    status = complain(&source, text ? text : "it has no size");
  }
  TIFFClose(tiff);
  return status;
}

static tl_tiff_status decode_odd(TIFF *tiff, const tl_tiff_source *source, uint32_t width,
                                 uint32_t height, uint8_t *pixels) {
  switch (tl_tiff_samples_decode(tiff, width, height, pixels)) {
    case TL_TIFF_READ: return TL_TIFF_OK;
    case TL_TIFF_NO_MEMORY: return TL_TIFF_OUT_OF_MEMORY;
    default: return complain(source, "its data are damaged");
  }
}

static tl_tiff_status decode_usual(TIFF *tiff, const tl_tiff_source *source, uint32_t width,
                                   uint32_t height, uint8_t *pixels) {
  char text[1024] = "";
  TIFFRGBAImage image;
  tl_tiff_status status = TL_TIFF_OK;
  if (!TIFFRGBAImageOK(tiff, text) || !TIFFRGBAImageBegin(&image, tiff, 1, text)) {
    status = complain(source, text);
  } else {
    // As if it lay upright: libtiff would turn some of the eight ways and not others.
    image.orientation = image.req_orientation = ORIENTATION_TOPLEFT;
    if (image.width != width || image.height != height)
      status = complain(source, "another size than the header's");
    else if (!TIFFRGBAImageGet(&image, (uint32_t *)pixels, width, height))
      status = complain(source, "its data are damaged");
    TIFFRGBAImageEnd(&image);
  }
  return status;
}

tl_tiff_status tl_tiff_decode(const uint8_t *file, size_t size, uint32_t width, uint32_t height,
                              uint8_t *pixels, tl_tiff_message *message) {
  tl_tiff_source source = {file, size, 0, false, message};
  TIFF *tiff = open_file(&source);
  if (!tiff) return complain(&source, "it can't be opened");
  tl_tiff_status status = tl_tiff_samples_are_odd(tiff)
                              ? decode_odd(tiff, &source, width, height, pixels)
                              : decode_usual(tiff, &source, width, height, pixels);
  TIFFClose(tiff);
  return status;
}
