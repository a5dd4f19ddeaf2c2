#include <string.h>

#include "CKernels.h"
#include "check.h"

static const uint8_t *rows[256];

static void run_depthwise(any_function *f, const void *a) {
  ((void (*)(const tl_u8s8_depthwise *))f)(a);
}

/// The interleaved weights of a 3x3 kernel, in the block SPARE.
static const int8_t *interleaved(const int8_t *packed, size_t channels) {
  // Which weight of the kernel row meets each of four neighbouring pixels; 3 for none.
  static const uint8_t arrangements[TL_U8_DEPTHWISE_ARRANGEMENTS][4] = {
      {0, 1, 2, 3}, {3, 0, 1, 2}, {2, 3, 0, 1}, {1, 2, 3, 0}};
  int8_t *all = block(SPARE, channels / 16 * TL_U8_DEPTHWISE_GROUP, 1, 0), *next = all;
  for (size_t first = 0; first < channels; first += 16)
    for (size_t ky = 0; ky < 3; ky++)
      for (size_t k = 0; k < TL_U8_DEPTHWISE_ARRANGEMENTS; k++)
        for (size_t c = first; c < first + 16; c++)
          for (size_t pixel = 0; pixel < 4; pixel++) {
            const size_t kx = arrangements[k][pixel];
            *next++ = kx < 3 ? packed[(3 * ky + kx) * channels + c] : 0;
          }
  return all;
}

/// Strides and the memory of the output.
static size_t place_output(tl_u8s8_depthwise *a) {
  a->y_pixel_stride = a->channels + 16 * below(3);
  a->y_row_stride = a->width * a->y_pixel_stride + 16 * below(2);
  const size_t size =
      (a->rows - 1) * a->y_row_stride + (a->width - 1) * a->y_pixel_stride + a->channels;
  a->y = bytes(OUTPUT, size, 0);
  output(a->y, size, false);
  return size;
}

static void depthwise(tl_u8s8_depthwise a) {
  const weight_kind kind = weights_kind();
  a.x_pixel_stride = a.channels + 16 * below(3);
  const size_t length = ((a.width - 1) * a.stride + a.kernel_width) * a.x_pixel_stride;
  const size_t count = (a.rows - 1) * a.stride + a.kernel_height;
  // The pixels by fours, channels by 64: so far kernels may read.
  const size_t pixels = ((a.width - 1) * a.stride + a.kernel_width + 11) / 4 * 4;
  const size_t reach = (pixels - 1) * a.x_pixel_stride + a.channels + 48;
  const uint8_t *x = inputs(INPUT, count * length, reach - length, kind);
  for (size_t i = 0; i < count; i++) rows[i] = x + i * length;
  a.x_rows = rows;
  a.packed = weights(PACKED, a.channels * a.kernel_height * a.kernel_width, kind);
  if (a.kernel_height == 3 && a.kernel_width == 3)
    a.interleaved = interleaved(a.packed, a.channels);
  scales(a.channels, a.kernel_height * a.kernel_width, &a.multiplier, &a.bias);
  place_output(&a);
  check(U8_DEPTHWISE, run_depthwise, &a,
        "%zu x %zu pixels of %zu, kernel %zu x %zu, stride %zu, weights %d", a.rows, a.width,
        a.channels, a.kernel_height, a.kernel_width, a.stride, kind);
}

// An expansion has weights, multipliers and biases in the order of its channels; the reference,
// whose two layers run one after the other, takes panels.

static struct {
  const int8_t *packed;
  float multiplier[256], bias[256];
} panels;

/// The parts that the panels hold: both orders of the same weights.
static const int8_t *parts(size_t channels, size_t inputs) {
  int8_t *all = block(OTHER, channels * inputs, 1, 0);
  size_t part = 0, part_size = 0;
  for (size_t first = 0; first < channels;) {
    const size_t vectors = tl_panel_vectors(channels - first);
    for (size_t n = 0; n < 16 * vectors; n++) {
      const size_t channel = first + 4 * vectors * (n % 16 / 4) + 4 * (n / 16) + n % 4;
      for (part = 0;; part += part_size) {
        part_size = 16 * tl_block_vectors(channels - part);
        if (channel < part + part_size)
          break;
      }
      for (size_t k = 0; k < inputs; k += 4)
        memcpy(all + part * inputs + k * part_size + 4 * (channel - part),
               panels.packed + first * inputs + k * 16 * vectors + 4 * n, 4);
    }
    first += 16 * vectors;
  }
  return all;
}

void expand_depthwise_scalar(const tl_u8s8_expand_depthwise *a) {
  tl_u8s8_convolution e = a->expand;
  tl_u8s8_depthwise d = a->depthwise;
  e.packed = panels.packed;
  e.multiplier = panels.multiplier;
  e.bias = panels.bias;
  e.outputs = d.channels;
  const size_t row = ((d.width - 1) * d.stride + 3 + e.width) * d.channels;
  const size_t height = (d.rows - 1) * d.stride + 3;
  uint8_t *between = block(BETWEEN, row * (height + e.rows), 1, 0);
  memset(between, 0, row * (height + e.rows));
  e.y = between + a->pad_top * row + a->pad_left * d.channels;
  e.y_pixel_stride = d.channels;
  e.y_row_stride = row;
  u8s8_convolution_scalar(&e);
  const uint8_t *expanded[256];
  for (size_t i = 0; i < height; i++) expanded[i] = between + i * row;
  d.x_rows = expanded;
  d.x_pixel_stride = d.channels;
  d.kernel_height = d.kernel_width = 3;
  u8s8_depthwise_scalar(&d);
}

static void run_expand(any_function *f, const void *a) {
  ((void (*)(const tl_u8s8_expand_depthwise *))f)(a);
}

static void expand(size_t width, size_t stride, size_t inputs_count, size_t channels) {
  const weight_kind kind = weights_kind();
  tl_u8s8_expand_depthwise a = {.pad_top = below(3), .pad_left = below(3)};
  const size_t pad_right = below(3), height = 3 + below(5), pad_bottom = below(3);
  tl_u8s8_convolution *e = &a.expand;
  *e = (tl_u8s8_convolution){.rows = height, .width = width, .kernel_height = 1, .segments = 1,
                             .segment_length = inputs_count, .row_step = 1,
                             .x_pixel_stride = (inputs_count + 15) / 16 * 16};
  const size_t before = a.pad_left * e->x_pixel_stride, row = width * e->x_pixel_stride;
  const size_t reach = (width + 2) * e->x_pixel_stride + inputs_count;
  const uint8_t *x = inputs(INPUT, before + row * height, reach - row, kind) + before;
  for (size_t i = 0; i < height; i++) rows[i] = x + i * row;
  e->x_rows = rows;
  panels.packed = weights(THIRD, channels * inputs_count, kind);
  e->packed = parts(channels, inputs_count);
  scales(channels, inputs_count, &e->multiplier, &e->bias);
  size_t place = 0;
  for (size_t first = 0; first < channels;) {
    const size_t vectors = tl_panel_vectors(channels - first);
    for (size_t n = 0; n < 16 * vectors; n++, place++) {
      const size_t channel = first + 4 * vectors * (n % 16 / 4) + 4 * (n / 16) + n % 4;
      panels.multiplier[place] = e->multiplier[channel];
      panels.bias[place] = e->bias[channel];
    }
    first += 16 * vectors;
  }
  tl_u8s8_depthwise *d = &a.depthwise;
  *d = (tl_u8s8_depthwise){.rows = (a.pad_top + height + pad_bottom - 3) / stride + 1,
                           .width = (a.pad_left + width + pad_right - 3) / stride + 1,
                           .channels = channels, .stride = stride, .multiplier = e->multiplier,
                           .bias = e->bias};
  d->packed = weights(PACKED, channels * 9, kind);
  d->interleaved = interleaved(d->packed, channels);
  place_output(d);
  check(U8_EXPAND_DEPTHWISE, run_expand, &a,
        "%zu x %zu pixels of %zu to %zu, stride %zu, pads %zu and %zu, weights %d", height, width,
        inputs_count, channels, stride, a.pad_top, a.pad_left, kind);
}

void check_u8s8_depthwise(void) {
  begin("int8 depthwise convolution");
  for (size_t size = 1; size <= 7; size++)
    for (size_t stride = 1; stride <= 3; stride++)
      for (size_t width = 1; width <= 16; width++)
        depthwise((tl_u8s8_depthwise){.rows = 1 + below(3), .width = width,
                                      .channels = 16 * (1 + below(6)), .kernel_height = size,
                                      .kernel_width = below(8) ? size : 1 + below(5),
                                      .stride = stride});
  for (int i = 0; i < 300; i++)
    depthwise((tl_u8s8_depthwise){.rows = 1 + below(5), .width = 1 + below(40),
                                  .channels = 16 * (1 + below(9)), .kernel_height = 3,
                                  .kernel_width = 3, .stride = 1 + below(2)});
  // Wider rows than the ring takes.
  for (size_t stride = 1; stride <= 2; stride++)
    for (size_t width = 252 / stride; width <= 260 / stride; width += 4)
      depthwise((tl_u8s8_depthwise){.rows = 2, .width = width, .channels = 64, .kernel_height = 3,
                                    .kernel_width = 3, .stride = stride});
  end();

  begin("int8 expansion and depthwise");
  for (size_t width = 3; width <= 30; width++)
    for (size_t stride = 1; stride <= 2; stride++)
      for (int i = 0; i < 4; i++)
        expand(width, stride, 4 * (1 + below(12)), 16 * (1 + below(13)));
  end();
}
