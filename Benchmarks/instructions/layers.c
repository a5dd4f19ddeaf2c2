// Runs every layer of a MobileNetV2 1.0 of 224 x 224 once, from its input to its features, each
// whole in one call of its kernel, between marks that the plugin in count.c counts. Writes a line
// for each:
//
//   <kind> <multiply-adds> <name>
//
// Kinds: input; wide, an expansion to 28 columns or more and the depthwise convolution of it;
// expand and depthwise, the others; project, with the sum that may follow; pool.
//
// usage: layers int8|float32 KERNEL_SET
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "CKernels.h"

static void mark(void) { syscall(0x7001, 0); }

static tl_kernels kernels;
static bool is_int8;

// Memory that no layer of the network exhausts. Weights and activations may be any, as long as none
// of the weights is -128: the counts don't depend on them, nor on whether sums fit where they are said to.
enum { INPUT_BYTES = 32 << 20, WEIGHT_BYTES = 4 << 20, ROWS_MAX = 256, CHANNELS_MAX = 1280 };
static uint8_t *input, *other, *result;
static int8_t *weights, *interleaved;
static float multiplier[CHANNELS_MAX], bias[CHANNELS_MAX];
static const void *rows[ROWS_MAX];

static size_t grouped(size_t channels) { return (channels + 15) / 16 * 16; }

static void *block(size_t count) {
  uint8_t *bytes = aligned_alloc(64, count);
  if (!bytes) {
    perror("memory");
    exit(1);
  }
  // As bytes and as floats they are numbers between -127 and 127.
  for (size_t i = 0; i < count; i++) bytes[i] = i % 4 == 3 ? 0x3e : (uint8_t)(i % 127);
  return bytes;
}

static size_t element_size(void) { return is_int8 ? 1 : sizeof(float); }

/// Points at `count` input rows of `row` elements.
static void point_at_rows(size_t count, size_t row) {
  for (size_t i = 0; i < count; i++) rows[i] = input + i * row * element_size();
}

/// Whether an expansion to so many columns is computed with the depthwise convolution that reads
/// it, if there is a kernel for both, as Int8Expansion.swift decides it.
static bool is_wide(size_t columns) { return columns >= 20; }

static void tell(const char *kind, size_t products, const char *form, size_t width, size_t inputs,
                 size_t outputs) {
  printf("%s %zu %s %zux%zu, %zu to %zu channels\n", kind, products, form, width, width, inputs,
         outputs);
}

/// A dense convolution to `width` x `width` pixels.
static void convolve(size_t kernel, size_t stride, size_t width, size_t inputs, size_t outputs,
                     const char *kind, bool adds) {
  const bool is_clipped = strcmp(kind, "project") != 0;
  // The photograph's pixels lie densely, three floats or four bytes each.
  const size_t pixel = kernel > 1 ? (is_int8 ? 4 : 3) : grouped(inputs);
  const size_t row = ((width - 1) * stride + kernel) * pixel, y_pixel = grouped(outputs);
  const size_t per_pixel = is_int8 ? (inputs + 3) / 4 * 4 : inputs;
  point_at_rows((width - 1) * stride + kernel, row);
  const tl_u8s8_convolution u8 = {
      .rows = width, .width = width, .kernel_height = kernel, .segments = 1,
      .segment_length = kernel * per_pixel, .segment_stride = pixel,
      .x_rows = (const uint8_t *const *)rows, .row_step = stride, .x_pixel_stride = stride * pixel,
      .packed = weights, .multiplier = multiplier, .bias = bias, .outputs = y_pixel, .y = result,
      .y_pixel_stride = y_pixel, .y_row_stride = width * y_pixel,
      .residual = {.x = adds ? other : 0, .pixel_stride = y_pixel, .row_stride = width * y_pixel,
                   .q_scale = 0.5f, .r_scale = 0.5f},
      .channels = outputs,
      // All are rounded so but those of a picture.
      .fits_16_bits = kernel == 1};
  const tl_f32_convolution f32 = {
      .rows = width, .width = width, .kernel_height = kernel, .segments = 1,
      .segment_length = kernel * per_pixel, .segment_stride = pixel,
      .x_rows = (const float *const *)rows, .row_step = stride, .x_pixel_stride = stride * pixel,
      .packed = (const float *)weights, .outputs = y_pixel, .y = (float *)result,
      .y_pixel_stride = y_pixel, .y_row_stride = width * y_pixel,
      .residual = adds ? (const float *)other : 0, .residual_pixel_stride = y_pixel,
      .residual_row_stride = width * y_pixel,
      .activation = {TL_CLIP, is_clipped ? 0 : -INFINITY, is_clipped ? 6 : INFINITY},
      .channels = outputs};
  mark();
  if (is_int8)
    kernels.u8s8_convolution(&u8);
  else
    kernels.f32_convolution(&f32);
  mark();
  tell(kind, width * width * outputs * inputs * kernel * kernel,
       kernel > 1 ? "3x3" : adds ? "1x1 and sum" : "1x1", width, inputs, outputs);
}

static tl_u8s8_depthwise u8_depthwise(size_t width, size_t stride, size_t channels) {
  return (tl_u8s8_depthwise){
      .rows = width, .width = width, .channels = channels, .kernel_height = 3, .kernel_width = 3,
      .stride = stride, .x_rows = (const uint8_t *const *)rows, .x_pixel_stride = channels,
      .packed = weights, .interleaved = interleaved, .multiplier = multiplier, .bias = bias,
      .y = result, .y_pixel_stride = channels, .y_row_stride = width * channels};
}

/// A 3x3 depthwise convolution to `width` x `width` pixels.
static void depthwise(size_t width, size_t stride, size_t channels, const char *kind) {
  const size_t high = (width - 1) * stride + 3;
  point_at_rows(high, high * channels);
  const tl_u8s8_depthwise u8 = u8_depthwise(width, stride, channels);
  const tl_f32_depthwise f32 = {
      .rows = width, .width = width, .channels = channels, .kernel_height = 3, .kernel_width = 3,
      .stride = stride, .x_rows = (const float *const *)rows, .x_pixel_stride = channels,
      .packed = (const float *)weights, .y = (float *)result, .y_pixel_stride = channels,
      .y_row_stride = width * channels, .activation = {TL_CLIP, 0, 6}};
  mark();
  if (is_int8)
    kernels.u8s8_depthwise(&u8);
  else
    kernels.f32_depthwise(&f32);
  mark();
  tell(kind, width * width * channels * 9,
       stride == 1 ? "3x3 depthwise" : "3x3 depthwise, stride 2", width, channels, channels);
}

/// An expansion and the depthwise convolution of its output, in one kernel.
static void expand_depthwise(size_t width, size_t stride, size_t inputs, size_t channels) {
  const size_t high = width * stride, pixel = grouped(inputs), row = (high + 8) * pixel;
  // What lies before the first pixel is read, and counts for nothing.
  point_at_rows(high, row);
  for (size_t i = 0; i < high; i++) rows[i] = (const uint8_t *)rows[i] + 4 * pixel;
  const tl_u8s8_expand_depthwise both = {
      .expand = {.rows = high, .width = high, .kernel_height = 1, .segments = 1,
                 .segment_length = (inputs + 3) / 4 * 4, .segment_stride = pixel,
                 .x_rows = (const uint8_t *const *)rows, .row_step = 1, .x_pixel_stride = pixel,
                 .packed = weights, .multiplier = multiplier, .bias = bias},
      .depthwise = u8_depthwise(width, stride, channels),
      .pad_top = stride == 1, .pad_left = stride == 1};
  mark();
  kernels.u8s8_expand_depthwise(&both);
  mark();
  tell("wide", high * high * inputs * channels + width * width * channels * 9,
       stride == 1 ? "1x1 and 3x3 depthwise" : "1x1 and 3x3 depthwise, stride 2", width, inputs,
       channels);
}

static void pool(size_t width, size_t channels) {
  const tl_u8_average_pool u8 = {
      .rows = width, .width = width, .channels = channels, .x = input, .x_pixel_stride = channels,
      .x_row_stride = width * channels, .scale = 0.5f, .y = (float *)result};
  const tl_f32_average_pool f32 = {
      .rows = width, .width = width, .channels = channels, .x = (const float *)input,
      .x_pixel_stride = channels, .x_row_stride = width * channels, .y = (float *)result};
  mark();
  if (is_int8)
    kernels.u8_average_pool(&u8);
  else
    kernels.f32_average_pool(&f32);
  mark();
  tell("pool", 0, "average", width, channels, channels);
}

static void run_network(void) {
  // The factor of the expansion, output channels, repetitions, and the first one's stride.
  static const size_t blocks[][4] = {{6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1},
                                     {6, 160, 3, 2}, {6, 320, 1, 1}};
  size_t width = 112, channels = 16;
  convolve(3, 2, width, 3, 32, "input", false);
  depthwise(width, 1, 32, "depthwise");
  convolve(1, 1, width, 32, channels, "project", false);
  for (size_t b = 0; b < sizeof blocks / sizeof *blocks; b++)
    for (size_t i = 0; i < blocks[b][2]; i++) {
      const size_t expanded = channels * blocks[b][0], stride = i == 0 ? blocks[b][3] : 1;
      if (is_int8 && kernels.u8s8_expand_depthwise && is_wide(width)) {
        expand_depthwise(width / stride, stride, channels, expanded);
      } else {
        convolve(1, 1, width, channels, expanded, is_wide(width) ? "wide" : "expand", false);
        depthwise(width / stride, stride, expanded, is_wide(width) ? "wide" : "depthwise");
      }
      width /= stride;
      convolve(1, 1, width, expanded, blocks[b][1], "project", i > 0);
      channels = blocks[b][1];
    }
  convolve(1, 1, width, channels, 1280, "expand", false);
  pool(width, 1280);
}

int main(int count, char **arguments) {
  if (count != 3 || (strcmp(arguments[1], "int8") != 0 && strcmp(arguments[1], "float32") != 0)) {
    fprintf(stderr, "usage: layers int8|float32 KERNEL_SET\n");
    return 2;
  }
  is_int8 = strcmp(arguments[1], "int8") == 0;
  size_t set = 0;
  while (set < tl_kernel_set_count() && strcmp(tl_kernel_set_name(set), arguments[2]) != 0) set++;
  if (set == tl_kernel_set_count() || !tl_kernel_set_is_supported(set)) {
    fprintf(stderr, "layers: this processor has no kernel set \"%s\"\n", arguments[2]);
    return 1;
  }
  kernels = tl_kernel_set_kernels(set);
  input = block(INPUT_BYTES);
  other = block(INPUT_BYTES);
  result = block(INPUT_BYTES);
  weights = block(WEIGHT_BYTES);
  interleaved = block(WEIGHT_BYTES);
  for (size_t i = 0; i < CHANNELS_MAX; i++) multiplier[i] = 0.001f, bias[i] = 100.0f;
  // What two marks cost without anything between them.
  mark();
  mark();
  run_network();
  return 0;
}
