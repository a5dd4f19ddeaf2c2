// From samples to colours where libtiff's conversion (TIFFReadRGBAImage and its kin, 4.5 to 4.7) doesn't
// go or goes wrong: it takes grey with opacity as multiplied by it, a channel of unspecified meaning,
// such as infrared, for opacity, ignores the opacity of 16 bits of grey and of four inks, and knows no
// depths but 1, 2, 4, 8 and 16 bits. (TIFF 6.0, "ExtraSamples" on page 31.)
#include "tiff_samples.h"

#include <stdlib.h>

// A channel that no picture has.
static const int NONE = -1;
// Four inks and their opacity.
#define CHANNELS_MAX 5

typedef struct {
  uint16_t photometric, bits, count, colour_count;
  // The channel of opacity, or NONE.
  int opacity;
  // Whether the colours have been multiplied by it.
  bool is_multiplied;
  // Each channel in a piece of its own.
  bool is_planar;
} tl_tiff_layout;

static uint16_t colour_count(uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_RGB:
    case PHOTOMETRIC_YCBCR: return 3;
    case PHOTOMETRIC_SEPARATED: return 4;
    default: return 1;
  }
}

static tl_tiff_layout layout_of(TIFF *tiff) {
  tl_tiff_layout layout = {.opacity = NONE};
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PHOTOMETRIC, &layout.photometric);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &layout.bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &layout.count);
  uint16_t planes = PLANARCONFIG_CONTIG;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planes);
  layout.is_planar = planes == PLANARCONFIG_SEPARATE && layout.count > 1;
  layout.colour_count = colour_count(layout.photometric);
  uint16_t extra_count = 0;
  const uint16_t *extras = NULL;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra_count, &extras);
  for (int i = 0; i < extra_count && layout.colour_count + i < layout.count; i++) {
    if (extras[i] != EXTRASAMPLE_ASSOCALPHA && extras[i] != EXTRASAMPLE_UNASSALPHA) continue;
    layout.opacity = layout.colour_count + i;
    layout.is_multiplied = extras[i] == EXTRASAMPLE_ASSOCALPHA;
    break;
  }
  // Ink that was multiplied is what lies on white paper.
  if (layout.is_multiplied
      && (layout.photometric == PHOTOMETRIC_MINISWHITE
          || layout.photometric == PHOTOMETRIC_SEPARATED))
    layout.opacity = NONE;
  return layout;
}

const char *tl_tiff_samples_objection(TIFF *tiff) {
  tl_tiff_layout layout = layout_of(tiff);
  uint16_t format = SAMPLEFORMAT_UINT, inks = INKSET_CMYK;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  if (format == SAMPLEFORMAT_INT)
    return "its samples have a sign, and so no known black and white; convert it to 8 bits";
  if (format != SAMPLEFORMAT_UINT && format != SAMPLEFORMAT_VOID)
    return "its samples are floating-point or complex numbers; convert it to 8 or 16 bits";
  if (layout.bits < 1 || layout.bits > 16)
    return "its samples have more than 16 bits; convert it to 8 or 16 bits";
  if (layout.photometric == PHOTOMETRIC_PALETTE && layout.bits > 8)
    return "its palette has more than 256 colours; convert it to RGB";
  if (layout.count < layout.colour_count) return "it has fewer channels than its colours need";
  if (layout.photometric == PHOTOMETRIC_YCBCR && layout.count > 3)
    return "it has other channels beside those of YCbCr; convert it to RGB";
  TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &inks);
  if (layout.photometric == PHOTOMETRIC_SEPARATED && inks != INKSET_CMYK)
    return "its inks aren't cyan, magenta, yellow and black; convert it to RGB";
  return NULL;
}

bool tl_tiff_samples_are_odd(TIFF *tiff) {
  tl_tiff_layout layout = layout_of(tiff);
  bool is_deep = layout.bits == 8 || layout.bits == 16;
  switch (layout.photometric) {
    case PHOTOMETRIC_YCBCR: return false;
    case PHOTOMETRIC_RGB: return layout.count > 3 || !is_deep;
    case PHOTOMETRIC_SEPARATED: return layout.count > 4 || layout.bits != 8;
    default:
      return layout.count > 1
             || !(is_deep || layout.bits == 1 || layout.bits == 2 || layout.bits == 4);
  }
}

// The sample with this number in a row. Samples of 16 bits have the processor's order of bytes, as
// libtiff gives them; others follow each other from the highest bit down.
static uint32_t sample_at(const uint8_t *row, uint64_t index, uint16_t bits) {
  if (bits == 8) return row[index];
  if (bits == 16) return ((const uint16_t *)row)[index];
  uint32_t value = 0;
  for (uint64_t bit = index * bits; bit < (index + 1) * bits; bit++)
    value = value << 1 | (row[bit / 8] >> (7 - bit % 8) & 1);
  return value;
}

// One channel of a piece, as bytes: 0 to 255, or a number in a palette.
static void take_channel(const tl_tiff_layout *layout, const uint8_t *piece, uint64_t row_bytes,
                         uint32_t width, uint32_t height, int channel, uint8_t *bytes) {
  uint64_t stride = layout->is_planar ? 1 : layout->count;
  uint64_t first = layout->is_planar ? 0 : (uint64_t)channel;
  uint32_t most = (1u << layout->bits) - 1;
  bool is_scaled = layout->photometric != PHOTOMETRIC_PALETTE || channel > 0;
  for (uint32_t y = 0; y < height; y++) {
    const uint8_t *row = piece + y * row_bytes;
    for (uint32_t x = 0; x < width; x++) {
      uint32_t value = sample_at(row, first + x * stride, layout->bits);
      // To the nearest; of 32 bits, as 2 · 255 · 65,535 is less than 2³².
      if (is_scaled) value = (2 * 255 * value + most) / (2 * most);
      *bytes++ = (uint8_t)value;
    }
  }
}

typedef struct {
  uint8_t red[256], green[256], blue[256];
} tl_tiff_palette;

static bool read_palette(TIFF *tiff, const tl_tiff_layout *layout, tl_tiff_palette *palette) {
  uint16_t *red, *green, *blue;
  if (!TIFFGetField(tiff, TIFFTAG_COLORMAP, &red, &green, &blue)) return false;
  int count = 1 << layout->bits;
  // Some write colours of 8 bits where 16 are due; libtiff's conversion takes them so, too.
  int shift = 0;
  for (int i = 0; i < count; i++)
    if (red[i] > 255 || green[i] > 255 || blue[i] > 255) shift = 8;
  for (int i = 0; i < count; i++) {
    palette->red[i] = (uint8_t)(red[i] >> shift);
    palette->green[i] = (uint8_t)(green[i] >> shift);
    palette->blue[i] = (uint8_t)(blue[i] >> shift);
  }
  return true;
}

// A pixel from its channels, of which the first are the colours and the one behind them opacity.
static void mix(const tl_tiff_layout *layout, const tl_tiff_palette *palette,
                const uint8_t *const *channels, uint64_t at, uint8_t *pixel) {
  uint32_t value = channels[0][at];
  uint32_t colours[3] = {value, value, value};
  switch (layout->photometric) {
    case PHOTOMETRIC_MINISWHITE: colours[0] = colours[1] = colours[2] = 255 - value; break;
    case PHOTOMETRIC_PALETTE:
      colours[0] = palette->red[value];
      colours[1] = palette->green[value];
      colours[2] = palette->blue[value];
      break;
    case PHOTOMETRIC_SEPARATED:
      // As libtiff's conversion has it for 8 bits.
      for (int i = 0; i < 3; i++)
        colours[i] = (255 - channels[3][at]) * (255 - channels[i][at]) / 255;
      break;
    case PHOTOMETRIC_RGB:
      for (int i = 0; i < 3; i++) colours[i] = channels[i][at];
      break;
    default: break;
  }
  uint32_t opacity = layout->opacity == NONE ? 255 : channels[layout->colour_count][at];
  for (int i = 0; i < 3; i++)
    pixel[i] = (uint8_t)(layout->is_multiplied ? colours[i] : (colours[i] * opacity + 127) / 255);
  pixel[3] = (uint8_t)opacity;
}

typedef struct {
  TIFF *tiff;
  tl_tiff_layout layout;
  tl_tiff_palette palette;
  // Of the picture, and of a piece, in pixels.
  uint32_t width, height, piece_width, piece_height;
  uint64_t piece_bytes, row_bytes;
  uint8_t *piece;
  // The colours and the opacity of a row, or of a piece whose channels lie apart, one channel after the
  // other.
  uint8_t *channels;
} tl_tiff_decoding;

static bool read_piece(const tl_tiff_decoding *decoding, uint32_t x, uint32_t y, int channel) {
  TIFF *tiff = decoding->tiff;
  uint16_t plane = decoding->layout.is_planar ? (uint16_t)channel : 0;
  tmsize_t size = (tmsize_t)decoding->piece_bytes;
  tmsize_t count = TIFFIsTiled(tiff) ? TIFFReadEncodedTile(tiff, TIFFComputeTile(tiff, x, y, 0, plane),
                                                           decoding->piece, size)
                                     : TIFFReadEncodedStrip(tiff, TIFFComputeStrip(tiff, y, plane),
                                                            decoding->piece, size);
  uint32_t rows = decoding->height - y;
  if (rows > decoding->piece_height) rows = decoding->piece_height;
  return count >= 0 && (uint64_t)count >= rows * decoding->row_bytes;
}

// Decodes the piece whose first pixel this is.
static bool decode_piece(tl_tiff_decoding *decoding, uint32_t x, uint32_t y, uint8_t *pixels) {
  const tl_tiff_layout *layout = &decoding->layout;
  uint32_t columns = decoding->width - x, rows = decoding->height - y;
  if (columns > decoding->piece_width) columns = decoding->piece_width;
  if (rows > decoding->piece_height) rows = decoding->piece_height;
  if (!layout->is_planar && !read_piece(decoding, x, y, 0)) return false;
  // Of channels that lie apart all have to be there before the first pixel.
  uint32_t band = layout->is_planar ? rows : 1;
  int used = layout->colour_count + (layout->opacity != NONE);
  for (uint32_t top = 0; top < rows; top += band) {
    const uint8_t *channels[CHANNELS_MAX];
    for (int i = 0; i < used; i++) {
      int channel = i < layout->colour_count ? i : layout->opacity;
      if (layout->is_planar && !read_piece(decoding, x, y, channel)) return false;
      uint8_t *bytes = decoding->channels + (uint64_t)i * columns * band;
      take_channel(layout, decoding->piece + top * decoding->row_bytes, decoding->row_bytes, columns,
                   band, channel, bytes);
      channels[i] = bytes;
    }
    for (uint32_t row = 0; row < band; row++) {
      uint8_t *pixel = pixels + 4 * ((uint64_t)(y + top + row) * decoding->width + x);
      for (uint32_t column = 0; column < columns; column++, pixel += 4)
        mix(layout, &decoding->palette, channels, (uint64_t)row * columns + column, pixel);
    }
  }
  return true;
}

static bool measure_pieces(tl_tiff_decoding *decoding) {
  TIFF *tiff = decoding->tiff;
  if (TIFFIsTiled(tiff)) {
    if (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &decoding->piece_width)
        || !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &decoding->piece_height))
      return false;
    decoding->piece_bytes = TIFFTileSize64(tiff);
    decoding->row_bytes = TIFFTileRowSize64(tiff);
  } else {
    decoding->piece_width = decoding->width;
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &decoding->piece_height);
    if (decoding->piece_height > decoding->height) decoding->piece_height = decoding->height;
    decoding->piece_bytes = TIFFStripSize64(tiff);
    decoding->row_bytes = TIFFScanlineSize64(tiff);
  }
  // Whatever the library makes of the sizes, a row has all of its samples and a piece all of its rows.
  uint64_t row_samples =
      (uint64_t)decoding->piece_width * (decoding->layout.is_planar ? 1 : decoding->layout.count);
  return decoding->piece_width > 0 && decoding->piece_height > 0
         && decoding->row_bytes >= (row_samples * decoding->layout.bits + 7) / 8
         && decoding->piece_bytes <= TL_TIFF_PIECE_BYTES_MAX
         && decoding->piece_bytes / decoding->piece_height >= decoding->row_bytes;
}

tl_tiff_read tl_tiff_samples_decode(TIFF *tiff, uint32_t width, uint32_t height, uint8_t *pixels) {
  tl_tiff_decoding decoding = {
      .tiff = tiff, .layout = layout_of(tiff), .width = width, .height = height};
  if (!measure_pieces(&decoding)) return TL_TIFF_NOT_READ;
  if (decoding.layout.photometric == PHOTOMETRIC_PALETTE
      && !read_palette(tiff, &decoding.layout, &decoding.palette))
    return TL_TIFF_NOT_READ;
  uint32_t columns = decoding.piece_width < width ? decoding.piece_width : width;
  uint32_t rows = decoding.piece_height < height ? decoding.piece_height : height;
  // Zeroed: what a damaged file leaves out is the same each time.
  decoding.piece = calloc(1, decoding.piece_bytes);
  uint32_t band = decoding.layout.is_planar ? rows : 1;
  decoding.channels = malloc((uint64_t)columns * band * CHANNELS_MAX);
  tl_tiff_read result =
      decoding.piece && decoding.channels ? TL_TIFF_READ : TL_TIFF_NO_MEMORY;
  for (uint32_t y = 0; result == TL_TIFF_READ && y < height; y += rows)
    for (uint32_t x = 0; result == TL_TIFF_READ && x < width; x += columns)
      if (!decode_piece(&decoding, x, y, pixels)) result = TL_TIFF_NOT_READ;
  free(decoding.piece);
  free(decoding.channels);
  return result;
}
