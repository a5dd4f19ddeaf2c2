// The kernels of the int8 backbone: uint8 activations, int8 weights, exact int32 sums.
//
// Grammar of names:  u8s8_<operation>_<instruction set>
//   operation        convolution, depthwise, expand_depthwise, average_pool, widen_pixels
//   instruction set  scalar (the reference), else the set of kernel_sets.c that brings it
//
// A sum becomes an output by
//
//   quantize(sum) = round(clamp(fma((float)sum, multiplier[n], bias[n]), 0, 255)), halves to even
//
// with the zero points folded into the bias. The vectors convert first and saturate while packing,
// which gives the same: whoever quantizes a network bounds |fma(...)| by 2^30.
//
// Activations lie channels last; a pixel takes a multiple of 16 bytes that holds its channels (4 in
// the network's input). Bytes beyond the channels may hold anything: their weights are 0. Kernels
// may read up to TL_U8_OVERREAD bytes beyond the last pixel.
#ifndef TL_U8S8_H
#define TL_U8S8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TL_U8_OVERREAD = 256 };

/// Weights whose magnitudes add up to this at most, each times a byte, have a sum of 16 bits:
/// 255 * 128 = 32640.
enum { TL_S8_SUM_MAX = 128 };

/// Output channels are packed in panels of 4, 2 or 1 vectors of 16 (as many 4s as fit, then at most
/// one 2 and one 1), in an order that lets vectors of sums be narrowed without crossing lanes:
/// element e of lane l of vector v in a panel of V vectors is channel 4 V l + 4 v + e of the panel.
static inline size_t tl_panel_vectors(size_t channels_left) {
  return channels_left >= 64 ? 4 : channels_left >= 32 ? 2 : 1;
}

/// A second operand, added after quantization:
///
///   y = round(clamp(fma((float)q - q_zero, q_scale, ((float)r - r_zero) * r_scale) + y_zero, 0, 255))
typedef struct tl_u8_residual {
  /// Null if there is none.
  const uint8_t *x;
  size_t pixel_stride;
  size_t row_stride;
  float q_zero;
  float q_scale;
  float r_zero;
  float r_scale;
  float y_zero;
} tl_u8_residual;

/// A dense convolution, laid out as tl_f32_convolution is, with bytes for floats.
typedef struct tl_u8s8_convolution {
  size_t rows;
  size_t width;
  size_t kernel_height;
  size_t segments;
  /// A multiple of 4.
  size_t segment_length;
  size_t segment_stride;
  const uint8_t *const *x_rows;
  size_t row_step;
  size_t x_pixel_stride;
  /// Panel by panel: [ky][segment][k / 4][vector][element][k mod 4].
  const int8_t *packed;
  /// Of each output channel, in the panels' order.
  const float *multiplier;
  const float *bias;
  /// A multiple of 16.
  size_t outputs;
  uint8_t *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  tl_u8_residual residual;
  /// The outputs that are channels; fewer than 16 are not, and kernels may write anything there, or
  /// nothing.
  size_t channels;
  /// Whether in each channel the magnitudes of weights 8j + {0, 1, 4, 5}, and of 8j + {2, 3, 6, 7}, add up
  /// to TL_S8_SUM_MAX or less.
  bool fits_16_bits;
} tl_u8s8_convolution;

/// Groups of four input pixels that a row may have for the kernels which interleave it; the others
/// take wider ones. A ring of interleaved rows then takes 50 KB of the stack, and for common widths
/// stays in the L1 cache.
enum { TL_U8_GROUPS_MAX = 65 };

/// Bytes of the interleaved weights of a 3x3 depthwise kernel for 16 channels.
enum { TL_U8_DEPTHWISE_ARRANGEMENTS = 4, TL_U8_DEPTHWISE_GROUP = 3 * 4 * 64 };

/// A depthwise convolution, laid out as tl_f32_depthwise is.
typedef struct tl_u8s8_depthwise {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  size_t kernel_height;
  size_t kernel_width;
  size_t stride;
  const uint8_t *const *x_rows;
  size_t x_pixel_stride;
  /// [ky][kx][channel].
  const int8_t *packed;
  /// Of a 3x3 kernel only, for each 16 channels: [ky][arrangement][channel][4 pixels]. With the
  /// kernel row w0 w1 w2 the arrangements are (w0 w1 w2 0) and (0 w0 w1 w2) for pixels in their
  /// order, (w2 0 w0 w1) and (w1 w2 0 w0) for the last two of a group behind the next one's first
  /// two.
  const int8_t *interleaved;
  /// Of each channel.
  const float *multiplier;
  const float *bias;
  uint8_t *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
} tl_u8s8_depthwise;

/// The vectors of 16 channels that the next part of an expansion with a depthwise convolution takes:
/// up to 3, and parts of about the same size.
static inline size_t tl_block_vectors(size_t channels_left) {
  const size_t vectors = channels_left / 16, parts = (vectors + 2) / 3;
  return (vectors + parts - 1) / parts;
}

/// A 1x1 convolution and the 3x3 depthwise one of stride 1 or 2 that reads it.
typedef struct tl_u8s8_expand_depthwise {
  tl_u8s8_convolution expand;
  tl_u8s8_depthwise depthwise;
  size_t pad_top;
  size_t pad_left;
} tl_u8s8_expand_depthwise;

/// y[c] = (float)(x[0][c] + x[1][c] + ... - offset) * scale
typedef struct tl_u8_average_pool {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  const uint8_t *x;
  size_t x_pixel_stride;
  size_t x_row_stride;
  int32_t offset;
  float scale;
  float *y;
} tl_u8_average_pool;

/// y[r][p][c] = table[y[r][p][c]]: an activation that isn't a clip, after a layer has been quantized.
typedef struct tl_u8_lookup {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  uint8_t *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  /// 256 bytes.
  const uint8_t *table;
} tl_u8_lookup;

/// The sum or product of two tensors, every operation rounded on its own:
///
///   sum      y = round(clamp((a - a_zero) * a_scale + ((b - b_zero) * b_scale + y_zero), 0, 255))
///   product  y = round(clamp((a - a_zero) * (gate[c] * a_scale) + y_zero, 0, 255))
///
/// halves to even, with a number for each channel as the product's second factor. What is no number
/// becomes 0.
typedef struct tl_u8_combine {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  const uint8_t *a;
  size_t a_pixel_stride;
  size_t a_row_stride;
  /// Of a sum; a pixel stride and a row stride of 0 broadcast.
  const uint8_t *b;
  size_t b_pixel_stride;
  size_t b_row_stride;
  /// Of a product: one for each channel.
  const float *gate;
  uint8_t *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  float a_zero;
  float a_scale;
  float b_zero;
  float b_scale;
  float y_zero;
} tl_u8_combine;

/// Moves the bytes of channels, through a table if there is one: a part of what is put side by side.
typedef struct tl_channel_copy {
  size_t rows;
  size_t width;
  /// Bytes of a pixel.
  size_t byte_count;
  const uint8_t *x;
  size_t x_pixel_stride;
  size_t x_row_stride;
  uint8_t *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  /// 256 bytes, or null to leave them as they are.
  const uint8_t *table;
} tl_channel_copy;

// These take little of a pass, so that the compiler's vectors serve every set.
void u8_add(const tl_u8_combine *arguments);
void u8_multiply(const tl_u8_combine *arguments);
void copy_channels(const tl_channel_copy *arguments);

void u8s8_convolution_scalar(const tl_u8s8_convolution *arguments);
void u8s8_depthwise_scalar(const tl_u8s8_depthwise *arguments);
void u8_average_pool_scalar(const tl_u8_average_pool *arguments);
void u8_lookup_scalar(const tl_u8_lookup *arguments);
/// Red, green, blue bytes to pixels of 4 bytes, the fourth 0.
void u8_widen_pixels_scalar(const uint8_t *rgb, size_t pixels, uint8_t *y);

/// Red, green, blue bytes to float32 values by a table of 256 for each of the three.
void f32_lookup_pixels(const uint8_t *rgb, size_t pixels, const float *table, float *y);

/// The smallest and the largest of float32 values, at least one; NaNs count as nothing, unless all are.
void f32_extremes(const float *x, size_t count, float *low, float *high);

/// sums[i] += x[i]
void f32_add_up(const float *x, size_t count, double *sums);

#endif
