#ifndef TL_CHEIF_H
#define TL_CHEIF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum tl_heif_status {
  TL_HEIF_OK = 0,
  TL_HEIF_DAMAGED = 1,
  TL_HEIF_OUT_OF_MEMORY = 2,
  // Parts of the picture are missing in the data.
  TL_HEIF_CUT_OFF = 3,
  // The picture has another size or other planes than its header.
  TL_HEIF_OTHER_PICTURE = 4,
  // The library that decodes it isn't on this machine.
  TL_HEIF_NO_LIBRARY = 5,
} tl_heif_status;

// A coded picture: luma, and the two planes of chroma behind it unless it is grey.
typedef struct tl_heif_header {
  // Of luma, in pixels; as shown, which may be less than what is coded.
  uint32_t width, height;
  // Of each plane of chroma; 0 if there is none.
  uint32_t chroma_width, chroma_height;
  // Bits of a sample: 8 to 12.
  uint32_t depth;
  // How the planes become colours (ITU-T H.273, table 4), as the data say it; 2 where they don't.
  uint32_t matrix;
  // Whether samples take all values that their bits allow.
  bool is_full_range;
} tl_heif_header;

// Decodes a picture of HEVC: its units, each after its length as a 32-bit number, the most significant
// byte first. The header is known but for matrix and range, which are filled in; what is coded has the
// given size. The samples of all planes, one after the other and without gaps, fill `samples`.
tl_heif_status tl_hevc_decode(const uint8_t *units, size_t size, uint32_t coded_width,
                              uint32_t coded_height, tl_heif_header *header, uint16_t *samples);

// Decodes the first picture of AV1, whose header is known, into `samples`, as above.
tl_heif_status tl_av1_decode(const uint8_t *data, size_t size, const tl_heif_header *header,
                             uint16_t *samples);

#endif
