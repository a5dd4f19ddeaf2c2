// The kernels of the float32 backbone.
//
// Grammar of names:  f32_<operation>_<instruction set>
//   operation        convolution, depthwise, average_pool, add, multiply
//   instruction set  scalar (the reference), else the set of kernel_sets.c that brings it
//
// Every variant of an operation gives the same bits as its scalar reference: an output is one fixed
// chain of fused multiply-adds, and vectors run across channels or pixels, never along a chain.
//
// Activations lie channels last. A pixel takes `stride` floats, a multiple of 16 that holds its
// channels (the network's input alone may be narrower); the floats beyond the channels may hold
// anything. Kernels read and write whole vectors of 16 channels.
#ifndef TL_F32_H
#define TL_F32_H

#include <stddef.h>

/// Channels of one vector group: every activation pixel and packed weight row is a multiple of it.
enum { TL_CHANNEL_GROUP = 16 };
/// Output channels of a packed weight panel; the last panel of a layer may have 16.
enum { TL_PANEL = 32 };

/// What happens to an output value after its chain.
typedef enum tl_activation_kind {
  /// x > low ? (x < high ? x : high) : low; low <= high, and not -0 and +0
  TL_CLIP = 0,
  /// x * (clip(x + 3, 0, 6) / 6)
  TL_HARD_SWISH = 1,
  /// clip(alpha * x + beta, 0, 1) with alpha in `low` and beta in `high`, the product rounded
  TL_HARD_SIGMOID = 2,
  /// x * sigmoid(x), see f32_sigmoid.h
  TL_SWISH = 3,
  /// sigmoid(x)
  TL_SIGMOID = 4,
} tl_activation_kind;

typedef struct tl_activation {
  tl_activation_kind kind;
  float low;
  float high;
} tl_activation;

/// A dense convolution over `rows` x `width` output pixels. A kernel row is `segments` runs of
/// `segment_length` input floats per output pixel: one run where input pixels lie densely, else one
/// for each tap. A 1x1 convolution has one kernel row of one segment.
///
///   y[r][p][n] = activation(bias[n] + sum over ky, s, k of
///                x_rows[r * row_step + ky][p * x_pixel_stride + s * segment_stride + k]
///                * weight[ky][s][k][n])
///                + residual[r][p][n]
///
/// The chain starts at the bias and takes ky, then s, then k, in rising order.
typedef struct tl_f32_convolution {
  size_t rows;
  size_t width;
  size_t kernel_height;
  size_t segments;
  size_t segment_length;
  size_t segment_stride;
  /// The first output pixel's place in each input row: (rows - 1) * row_step + kernel_height rows.
  const float *const *x_rows;
  size_t row_step;
  size_t x_pixel_stride;
  /// Panel by panel: the panel's biases, then its weights [ky][segment][k][channel of the panel].
  const float *packed;
  /// A multiple of 16.
  size_t outputs;
  float *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  /// Null, or added to the activated value.
  const float *residual;
  size_t residual_pixel_stride;
  size_t residual_row_stride;
  tl_activation activation;
  /// The outputs that are channels; fewer than 16 are not, and kernels may write anything there, or
  /// nothing.
  size_t channels;
} tl_f32_convolution;

/// A depthwise convolution over `rows` x `width` output pixels.
///
///   y[r][p][c] = activation(bias[c] + sum over ky, kx of
///                x_rows[r * stride + ky][(p * stride + kx) * x_pixel_stride + c]
///                * weight[ky][kx][c])
typedef struct tl_f32_depthwise {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  size_t kernel_height;
  size_t kernel_width;
  size_t stride;
  /// (rows - 1) * stride + kernel_height rows.
  const float *const *x_rows;
  size_t x_pixel_stride;
  /// Group by group of 16 channels: biases, then weights [ky][kx][channel of the group].
  const float *packed;
  float *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  tl_activation activation;
} tl_f32_depthwise;

/// y[c] = (x[0][c] + x[1][c] + ...) / (rows * width): one chain from +0 in row-major order.
typedef struct tl_f32_average_pool {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  const float *x;
  size_t x_pixel_stride;
  size_t x_row_stride;
  float *y;
} tl_f32_average_pool;

/// y[r][p][c] = a[r][p][c] op b[r][p][c]; a row stride of 0 with a pixel stride of 0 broadcasts.
typedef struct tl_f32_binary {
  size_t rows;
  size_t width;
  /// A multiple of 16.
  size_t channels;
  const float *a;
  size_t a_pixel_stride;
  size_t a_row_stride;
  const float *b;
  size_t b_pixel_stride;
  size_t b_row_stride;
  float *y;
  size_t y_pixel_stride;
  size_t y_row_stride;
  tl_activation activation;
} tl_f32_binary;

void f32_convolution_scalar(const tl_f32_convolution *arguments);
void f32_depthwise_scalar(const tl_f32_depthwise *arguments);
void f32_average_pool_scalar(const tl_f32_average_pool *arguments);
void f32_add_scalar(const tl_f32_binary *arguments);
void f32_multiply_scalar(const tl_f32_binary *arguments);

#endif
