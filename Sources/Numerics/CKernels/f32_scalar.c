#include <math.h>

#include "CKernels.h"
#include "f32_sigmoid.h"

// The reference: plain loops that every vector variant must equal bit for bit.

static float clip(float x, float low, float high) {
  return x > low ? (x < high ? x : high) : low;
}

typedef float single __attribute__((vector_size(4)));
typedef uint32_t word __attribute__((vector_size(4)));
TL_DEFINE_SIGMOID(single, word)

static float activate(float x, tl_activation activation) {
  switch (activation.kind) {
  case TL_HARD_SWISH:
    return x * (clip(x + 3.0f, 0.0f, 6.0f) / 6.0f);
  case TL_HARD_SIGMOID:
    return clip(activation.low * x + activation.high, 0.0f, 1.0f);
  case TL_SWISH:
    return x * sigmoid((single){x})[0];
  case TL_SIGMOID:
    return sigmoid((single){x})[0];
  case TL_CLIP:
    break;
  }
  return clip(x, activation.low, activation.high);
}

void f32_convolution_scalar(const tl_f32_convolution *a) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const float *panel = a->packed;
  for (size_t first = 0; first < a->outputs; first += TL_PANEL) {
    const size_t columns = a->outputs - first < TL_PANEL ? a->outputs - first : TL_PANEL;
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        for (size_t n = 0; n < columns; n++) {
          float sum = panel[n];
          const float *weight = panel + columns + n;
          for (size_t ky = 0; ky < a->kernel_height; ky++)
            for (size_t s = 0; s < a->segments; s++) {
              const float *x = a->x_rows[row * a->row_step + ky] + pixel * a->x_pixel_stride +
                               s * a->segment_stride;
              for (size_t k = 0; k < a->segment_length; k++, weight += columns)
                sum = fmaf(x[k], *weight, sum);
            }
          sum = activate(sum, a->activation);
          if (a->residual)
            sum = sum + a->residual[row * a->residual_row_stride +
                                    pixel * a->residual_pixel_stride + first + n];
          a->y[row * a->y_row_stride + pixel * a->y_pixel_stride + first + n] = sum;
        }
    panel += columns * (1 + taps);
  }
}

void f32_depthwise_scalar(const tl_f32_depthwise *a) {
  const size_t taps = a->kernel_height * a->kernel_width;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c++) {
        const float *group = a->packed + c / TL_CHANNEL_GROUP * TL_CHANNEL_GROUP * (1 + taps) +
                             c % TL_CHANNEL_GROUP;
        float sum = group[0];
        for (size_t ky = 0; ky < a->kernel_height; ky++)
          for (size_t kx = 0; kx < a->kernel_width; kx++)
            sum = fmaf(
                a->x_rows[row * a->stride + ky][(pixel * a->stride + kx) * a->x_pixel_stride + c],
                group[TL_CHANNEL_GROUP * (1 + ky * a->kernel_width + kx)], sum);
        a->y[row * a->y_row_stride + pixel * a->y_pixel_stride + c] = activate(sum, a->activation);
      }
}

void f32_average_pool_scalar(const tl_f32_average_pool *a) {
  const float count = (float)(a->rows * a->width);
  for (size_t c = 0; c < a->channels; c++) {
    float sum = 0.0f;
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        sum = sum + a->x[row * a->x_row_stride + pixel * a->x_pixel_stride + c];
    a->y[c] = sum / count;
  }
}

void f32_add_scalar(const tl_f32_binary *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c++)
        a->y[row * a->y_row_stride + pixel * a->y_pixel_stride + c] =
            activate(a->a[row * a->a_row_stride + pixel * a->a_pixel_stride + c] +
                         a->b[row * a->b_row_stride + pixel * a->b_pixel_stride + c],
                     a->activation);
}

void f32_multiply_scalar(const tl_f32_binary *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c++)
        a->y[row * a->y_row_stride + pixel * a->y_pixel_stride + c] =
            activate(a->a[row * a->a_row_stride + pixel * a->a_pixel_stride + c] *
                         a->b[row * a->b_row_stride + pixel * a->b_pixel_stride + c],
                     a->activation);
}
