#include <math.h>

#include "CKernels.h"
#include "check.h"

static void run_convolution(any_function *f, const void *a) {
  ((void (*)(const tl_f32_convolution *))f)(a);
}
static void run_depthwise(any_function *f, const void *a) {
  ((void (*)(const tl_f32_depthwise *))f)(a);
}
static void run_pool(any_function *f, const void *a) {
  ((void (*)(const tl_f32_average_pool *))f)(a);
}
static void run_binary(any_function *f, const void *a) { ((void (*)(const tl_f32_binary *))f)(a); }

static tl_activation activation(void) {
  static const tl_activation all[] = {
      {TL_CLIP, -INFINITY, INFINITY}, {TL_CLIP, 0, 6},     {TL_CLIP, 0, INFINITY},
      {TL_CLIP, -0.0f, 1},            {TL_CLIP, -1, -0.0f}, {TL_CLIP, -1, 0},
      {TL_CLIP, 2, 2},
      {TL_HARD_SWISH, 0, 0},          {TL_HARD_SIGMOID, 0.16666667f, 0.5f},
      {TL_HARD_SIGMOID, 0.2f, 0.5f},  {TL_SWISH, 0, 0},
      {TL_SIGMOID, 0, 0},
  };
  return all[below(sizeof all / sizeof *all)];
}

/// Rows of an input in a random order, so that each is at times the last one before the fence.
static const float *rows[256];
static void place_rows(const float *x, size_t count, size_t length) {
  const size_t first = below(count);
  for (size_t i = 0; i < count; i++) rows[i] = x + (first + i) % count * length;
}

static size_t spread_stride(size_t channels) { return channels + 16 * below(3); }

static void convolution(tl_f32_convolution a, value_kind kind) {
  const size_t length =
      (a.width - 1) * a.x_pixel_stride + (a.segments - 1) * a.segment_stride + a.segment_length;
  const size_t count = (a.rows - 1) * a.row_step + a.kernel_height;
  place_rows(floats(INPUT, count * length, kind), count, length);
  a.x_rows = rows;
  a.channels = a.outputs;
  const size_t taps = a.kernel_height * a.segments * a.segment_length;
  a.packed = floats(PACKED, a.outputs * (1 + taps), kind == PLAIN ? PLAIN : FINITE);
  a.y_pixel_stride = spread_stride(a.outputs);
  a.y_row_stride = a.width * a.y_pixel_stride + 16 * below(2);
  const size_t size =
      (a.rows - 1) * a.y_row_stride + (a.width - 1) * a.y_pixel_stride + a.outputs;
  a.y = floats(OUTPUT, size, PLAIN);
  if (below(3) == 0) {
    a.residual_pixel_stride = spread_stride(a.outputs);
    a.residual_row_stride = a.width * a.residual_pixel_stride;
    a.residual = floats(OTHER,
                        (a.rows - 1) * a.residual_row_stride +
                            (a.width - 1) * a.residual_pixel_stride + a.outputs,
                        kind);
  }
  a.activation = activation();
  output(a.y, 4 * size, true);
  check(F32_CONVOLUTION, run_convolution, &a,
        "%zu x %zu pixels, %zu x %zu x %zu taps to %zu, step %zu, activation %d", a.rows, a.width,
        a.kernel_height, a.segments, a.segment_length, a.outputs, a.row_step, a.activation.kind);
}

static void depthwise(tl_f32_depthwise a, value_kind kind) {
  a.x_pixel_stride = spread_stride(a.channels);
  const size_t length =
      ((a.width - 1) * a.stride + a.kernel_width - 1) * a.x_pixel_stride + a.channels;
  const size_t count = (a.rows - 1) * a.stride + a.kernel_height;
  place_rows(floats(INPUT, count * length, kind), count, length);
  a.x_rows = rows;
  a.packed = floats(PACKED, a.channels * (1 + a.kernel_height * a.kernel_width),
                    kind == PLAIN ? PLAIN : FINITE);
  a.y_pixel_stride = spread_stride(a.channels);
  a.y_row_stride = a.width * a.y_pixel_stride + 16 * below(2);
  const size_t size =
      (a.rows - 1) * a.y_row_stride + (a.width - 1) * a.y_pixel_stride + a.channels;
  a.y = floats(OUTPUT, size, PLAIN);
  a.activation = activation();
  output(a.y, 4 * size, true);
  check(F32_DEPTHWISE, run_depthwise, &a,
        "%zu x %zu pixels of %zu, kernel %zu x %zu, stride %zu, activation %d", a.rows, a.width,
        a.channels, a.kernel_height, a.kernel_width, a.stride, a.activation.kind);
}

static void pool(void) {
  tl_f32_average_pool a = {.rows = 1 + below(7), .width = 1 + below(9),
                           .channels = 16 * (1 + below(11))};
  a.x_pixel_stride = spread_stride(a.channels);
  a.x_row_stride = a.width * a.x_pixel_stride + 16 * below(2);
  a.x = floats(INPUT,
               (a.rows - 1) * a.x_row_stride + (a.width - 1) * a.x_pixel_stride + a.channels,
               (value_kind)below(3));
  a.y = floats(OUTPUT, a.channels, PLAIN);
  output(a.y, 4 * a.channels, true);
  check(F32_AVERAGE_POOL, run_pool, &a, "%zu x %zu pixels of %zu", a.rows, a.width, a.channels);
}

static void binary(void) {
  tl_f32_binary a = {.rows = 1 + below(4), .width = 1 + below(8), .channels = 16 * (1 + below(5))};
  const value_kind kind = (value_kind)below(3);
  a.a_pixel_stride = a.y_pixel_stride = spread_stride(a.channels);
  a.a_row_stride = a.y_row_stride = a.width * a.a_pixel_stride + 16 * below(2);
  const size_t size =
      (a.rows - 1) * a.y_row_stride + (a.width - 1) * a.y_pixel_stride + a.channels;
  const bool is_broadcast = below(2);
  a.b_pixel_stride = is_broadcast ? 0 : a.a_pixel_stride;
  a.b_row_stride = is_broadcast ? 0 : a.a_row_stride;
  a.a = floats(INPUT, size, kind);
  a.b = floats(OTHER, is_broadcast ? a.channels : size, kind);
  a.y = floats(OUTPUT, size, PLAIN);
  a.activation = activation();
  output(a.y, 4 * size, true);
  check(below(2) ? F32_ADD : F32_MULTIPLY, run_binary, &a, "%zu x %zu pixels of %zu, activation %d",
        a.rows, a.width, a.channels, a.activation.kind);
}

void check_f32(void) {
  begin("f32 1x1 convolution");
  for (size_t width = 1; width <= 16; width++)
    for (size_t outputs = 16; outputs <= 96; outputs += 16)
      for (size_t inputs = 1; inputs <= 9; inputs++)
        convolution((tl_f32_convolution){.rows = 1 + below(3), .width = width, .kernel_height = 1,
                                         .segments = 1, .segment_length = inputs, .row_step = 1,
                                         .x_pixel_stride = 16, .outputs = outputs},
                    (value_kind)below(3));
  // More pixels than are listed at a time.
  for (size_t width = 97; width <= 107; width++)
    convolution((tl_f32_convolution){.rows = 2, .width = width, .kernel_height = 1, .segments = 1,
                                     .segment_length = 5, .row_step = 1, .x_pixel_stride = 16,
                                     .outputs = 48},
                PLAIN);
  end();

  begin("f32 convolution");
  for (int i = 0; i < 700; i++) {
    const size_t segment_length = 1 + below(40);
    convolution((tl_f32_convolution){.rows = 1 + below(3), .width = 1 + below(17),
                                     .kernel_height = 1 + below(5), .segments = 1 + below(3),
                                     .segment_length = segment_length,
                                     .segment_stride = segment_length + below(4),
                                     .row_step = 1 + below(3), .x_pixel_stride = 1 + below(50),
                                     .outputs = 16 * (1 + below(5))},
                (value_kind)below(3));
  }
  end();

  begin("f32 depthwise convolution");
  for (size_t size = 1; size <= 7; size++)
    for (size_t stride = 1; stride <= 3; stride++)
      for (size_t width = 1; width <= 16; width++)
        depthwise((tl_f32_depthwise){.rows = 1 + below(3), .width = width,
                                     .channels = ONE_OF(16, 32, 48), .kernel_height = size,
                                     .kernel_width = below(8) ? size : 1 + below(5),
                                     .stride = stride},
                  (value_kind)below(3));
  end();

  begin("f32 pools, sums and products");
  for (int i = 0; i < 150; i++) pool();
  for (int i = 0; i < 400; i++) binary();
  end();
}
