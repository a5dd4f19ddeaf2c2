#ifndef TL_RESIZE_H
#define TL_RESIZE_H

#include <stddef.h>
#include <stdint.h>

// Resizing by separable weights in exact integer arithmetic: every variant of a step gives what its
// definition here says.
//
// A picture has 4 bytes a pixel: red, green, blue and one that is carried along and ignored.
// Weights are at least 0, and those of one output sum to 2^14.

/// Blends `taps` rows of `count` bytes, `stride` bytes apart, into one row of 6 fractional bits:
///   blended[i] = (sum over t of weights[t] * rows[t * stride + i] + 2^7) >> 8, at most 255 * 2^6.
#define TL_RESIZE_ROWS(NAME)                                                                       \
  void NAME(const uint8_t *rows, size_t stride, size_t count, const int16_t *weights, size_t taps, \
            int16_t *blended)

/// Makes one row of `pixels` pixels of 3 bytes out of a blended row:
///   row[3 * x + c] = (sum over t of weights[taps * x + t] * blended[4 * (first[x] + t) + c]
///                     + 2^19) >> 20.
#define TL_RESIZE_COLUMNS(NAME)                                                                    \
  void NAME(const int16_t *blended, const int32_t *first, const int16_t *weights, size_t taps,     \
            size_t pixels, uint8_t *row)

TL_RESIZE_ROWS(resize_rows_scalar);
TL_RESIZE_COLUMNS(resize_columns_scalar);

#endif
