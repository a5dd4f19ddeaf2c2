#include <math.h>
#include <stdlib.h>

#include "CKernels.h"
#include "check.h"

weight_kind weights_kind(void) { return (weight_kind)ONE_OF(SYMMETRIC, SYMMETRIC, WHOLE, EXTREME); }

uint8_t *inputs(block_name name, size_t count, size_t gap, weight_kind kind) {
  uint8_t *x = bytes(name, count, gap);
  if (kind == EXTREME)
    for (size_t i = 0; i < count; i++) x[i] = x[i] < 200 ? 0 : 255;
  return x;
}

int8_t *weights(block_name name, size_t count, weight_kind kind) {
  int8_t *w = (int8_t *)bytes(name, count, 0);
  for (size_t i = 0; i < count; i++) {
    if (kind == SYMMETRIC && w[i] == -128)
      w[i] = -127;
    if (kind == EXTREME)
      w[i] = w[i] < 100 ? -128 : 127;
  }
  return w;
}

void scales(size_t count, size_t taps, const float **multiplier, const float **bias) {
  float *m = block(MULTIPLIER, count, sizeof(float), 0), *b = block(BIAS, count, sizeof(float), 0);
  const size_t kind = below(5);
  for (size_t i = 0; i < count; i++)
    switch (kind) {
    case 0:
      // Halves, to be rounded to even.
      m[i] = 0.5f;
      b[i] = (float)below(200) * 0.5f;
      break;
    case 1:
      // As far as sums may reach.
      m[i] = unit() * 0x1p28f / ((float)taps * 255.0f * 128.0f);
      b[i] = unit() * 0x1p28f;
      break;
    case 2:
      // So large that it shows whether a product is rounded before the sum.
      m[i] = 0x1p21f * unit() / (float)(1 << 15);
      b[i] = -m[i] * (float)(below(20000)) + 100.0f * unit();
      break;
    default:
      // The bytes and a little beyond both ends.
      m[i] = fabsf(unit()) / (sqrtf((float)taps) * 60.0f);
      b[i] = 128.0f + 60.0f * unit();
    }
  *multiplier = m;
  *bias = b;
}

static void run_convolution(any_function *f, const void *a) {
  ((void (*)(const tl_u8s8_convolution *))f)(a);
}

static const uint8_t *rows[256];

/// Shortens weights until the magnitudes of every four whose products meet add up to TL_S8_SUM_MAX; half
/// of the fours get one sign.
static void shorten(int8_t *packed, size_t outputs, size_t taps) {
  static const size_t places[2][4] = {{0, 1, 4, 5}, {2, 3, 6, 7}};
  for (size_t first = 0; first < outputs;) {
    const size_t vectors = tl_panel_vectors(outputs - first);
    for (size_t channel = 0; channel < 16 * vectors; channel++)
      for (size_t four = 0; four < (taps + 7) / 8 * 2; four++) {
        const bool has_one_sign = below(2) == 0;
        const size_t start = below(4);
        int left = TL_S8_SUM_MAX, sign = 0;
        for (size_t i = 0; i < 4; i++) {
          const size_t k = four / 2 * 8 + places[four % 2][(start + i) % 4];
          if (k >= taps)
            continue;
          int8_t *w = packed + first * taps + k / 4 * 64 * vectors + 4 * channel + k % 4;
          const int magnitude = abs(*w) < left ? abs(*w) : left;
          if (sign == 0 || !has_one_sign)
            sign = *w < 0 ? -1 : 1;
          *w = (int8_t)(magnitude == TL_S8_SUM_MAX ? -magnitude : sign * magnitude);
          left -= magnitude;
        }
      }
    first += 16 * vectors;
  }
}

static void convolution(tl_u8s8_convolution a) {
  const weight_kind kind = weights_kind();
  const size_t length =
      (a.width - 1) * a.x_pixel_stride + (a.segments - 1) * a.segment_stride + a.segment_length;
  const size_t count = (a.rows - 1) * a.row_step + a.kernel_height;
  const uint8_t *x = inputs(INPUT, count * length, 0, kind);
  const size_t first = below(count);
  for (size_t i = 0; i < count; i++) rows[i] = x + (first + i) % count * length;
  a.x_rows = rows;
  a.channels = a.outputs;
  const size_t taps = a.kernel_height * a.segments * a.segment_length;
  int8_t *packed = weights(PACKED, a.outputs * taps, kind);
  a.fits_16_bits = below(2) == 0;
  if (a.fits_16_bits)
    shorten(packed, a.outputs, taps);
  a.packed = packed;
  scales(a.outputs, taps, &a.multiplier, &a.bias);
  a.y_pixel_stride = a.outputs + 16 * below(3);
  a.y_row_stride = a.width * a.y_pixel_stride + 16 * below(2);
  const size_t size = (a.rows - 1) * a.y_row_stride + (a.width - 1) * a.y_pixel_stride + a.outputs;
  a.y = bytes(OUTPUT, size, 0);
  if (below(3) == 0) {
    tl_u8_residual *r = &a.residual;
    r->pixel_stride = a.outputs + 16 * below(3);
    r->row_stride = a.width * r->pixel_stride;
    r->x = bytes(OTHER,
                 (a.rows - 1) * r->row_stride + (a.width - 1) * r->pixel_stride + a.outputs, 0);
    r->q_zero = (float)below(256);
    r->r_zero = (float)below(256);
    r->y_zero = (float)below(256);
    // Quarters often end in halves; large products of different signs show whether one is rounded.
    const size_t style = below(3);
    r->q_scale = style == 0 ? 0.25f : style == 1 ? 5000.0f * unit() : fabsf(unit()) * 2;
    r->r_scale = style == 0   ? 0.25f
                 : style == 1 ? r->q_scale * (-1.0f + unit() * 0x1p-10f)
                              : fabsf(unit()) * 2;
  }
  output(a.y, size, false);
  check(U8_CONVOLUTION, run_convolution, &a,
        "%zu x %zu pixels, %zu x %zu x %zu taps to %zu, step %zu, weights %d%s%s", a.rows, a.width,
        a.kernel_height, a.segments, a.segment_length, a.outputs, a.row_step, kind,
        a.fits_16_bits ? ", fit 16 bits" : "", a.residual.x ? ", residual" : "");
}

void check_u8s8(void) {
  begin("int8 1x1 convolution");
  for (size_t width = 1; width <= 16; width++)
    for (size_t outputs = 16; outputs <= 144; outputs += 16)
      for (size_t inputs = 4; inputs <= 36; inputs += 4)
        convolution((tl_u8s8_convolution){.rows = 1 + below(3), .width = width, .kernel_height = 1,
                                          .segments = 1, .segment_length = inputs, .row_step = 1,
                                          .x_pixel_stride = 48, .outputs = outputs});
  // More pixels than are listed at a time.
  for (size_t width = 117; width <= 124; width++)
    convolution((tl_u8s8_convolution){.rows = 2, .width = width, .kernel_height = 1, .segments = 1,
                                      .segment_length = 20, .row_step = 1, .x_pixel_stride = 32,
                                      .outputs = 112});
  end();

  begin("int8 convolution");
  for (size_t width = 1; width <= 16; width++)
    for (size_t step = 1; step <= 3; step++)
      // An image of 4 bytes a pixel.
      for (size_t size = 3; size <= 7; size += 2)
        convolution((tl_u8s8_convolution){.rows = 1 + below(3), .width = width,
                                          .kernel_height = size, .segments = 1,
                                          .segment_length = 4 * size, .row_step = step,
                                          .x_pixel_stride = 4 * step,
                                          .outputs = 16 * (1 + below(7))});
  for (int i = 0; i < 700; i++) {
    const size_t segment_length = 4 * (1 + below(20));
    convolution((tl_u8s8_convolution){.rows = 1 + below(3), .width = 1 + below(17),
                                      .kernel_height = 1 + below(5), .segments = 1 + below(3),
                                      .segment_length = segment_length,
                                      .segment_stride = segment_length + 4 * below(4),
                                      .row_step = 1 + below(3), .x_pixel_stride = 4 + 4 * below(20),
                                      .outputs = 16 * (1 + below(9))});
  }
  // Sums so long that few pixels go together, and ones that no kernel arranges weights for.
  for (size_t inputs = 500; inputs <= 1500; inputs += 500)
    convolution((tl_u8s8_convolution){.rows = 1, .width = 130, .kernel_height = 1, .segments = 1,
                                      .segment_length = inputs, .row_step = 1,
                                      .x_pixel_stride = inputs, .outputs = 48});
  for (size_t inputs = 452; inputs <= 460; inputs += 4)
    convolution((tl_u8s8_convolution){.rows = 2, .width = 3, .kernel_height = 3, .segments = 3,
                                      .segment_length = inputs, .segment_stride = inputs,
                                      .row_step = 1, .x_pixel_stride = inputs, .outputs = 32});
  end();
}
