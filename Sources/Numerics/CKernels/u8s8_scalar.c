#include <math.h>
#include <string.h>

#include "u8s8.h"

// The reference: plain loops that every vector variant must equal bit for bit.

static float clamped(float x) { return x > 0.0f ? (x < 255.0f ? x : 255.0f) : 0.0f; }

static float quantized(int32_t sum, float multiplier, float bias) {
  return rintf(clamped(fmaf((float)sum, multiplier, bias)));
}

void u8s8_convolution_scalar(const tl_u8s8_convolution *a) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  const tl_u8_residual *r = &a->residual;
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        for (size_t n = 0; n < 16 * vectors; n++) {
          const size_t vector = n / 16, lane = n % 16 / 4;
          const size_t channel = first + 4 * vectors * lane + 4 * vector + n % 4;
          const int8_t *panel = a->packed + first * taps + vector * 64 + n % 16 * 4;
          int32_t sum = 0;
          size_t tap = 0;
          for (size_t ky = 0; ky < a->kernel_height; ky++)
            for (size_t s = 0; s < a->segments; s++) {
              const uint8_t *x = a->x_rows[row * a->row_step + ky] + pixel * a->x_pixel_stride +
                                 s * a->segment_stride;
              for (size_t k = 0; k < a->segment_length; k++, tap++)
                sum += x[k] * panel[tap / 4 * vectors * 64 + tap % 4];
            }
          float value = quantized(sum, a->multiplier[first + n], a->bias[first + n]);
          if (r->x) {
            const float other =
                (float)r->x[row * r->row_stride + pixel * r->pixel_stride + channel] - r->r_zero;
            value = rintf(
                clamped(fmaf(value - r->q_zero, r->q_scale, other * r->r_scale) + r->y_zero));
          }
          a->y[row * a->y_row_stride + pixel * a->y_pixel_stride + channel] = (uint8_t)value;
        }
    first += 16 * vectors;
  }
}

void u8s8_depthwise_scalar(const tl_u8s8_depthwise *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++)
      for (size_t c = 0; c < a->channels; c++) {
        int32_t sum = 0;
        for (size_t ky = 0; ky < a->kernel_height; ky++)
          for (size_t kx = 0; kx < a->kernel_width; kx++)
            sum += a->x_rows[row * a->stride + ky][(pixel * a->stride + kx) * a->x_pixel_stride + c] *
                   a->packed[(ky * a->kernel_width + kx) * a->channels + c];
        a->y[row * a->y_row_stride + pixel * a->y_pixel_stride + c] =
            (uint8_t)quantized(sum, a->multiplier[c], a->bias[c]);
      }
}

void u8_average_pool_scalar(const tl_u8_average_pool *a) {
  for (size_t c = 0; c < a->channels; c++) {
    int32_t sum = 0;
    for (size_t row = 0; row < a->rows; row++)
      for (size_t pixel = 0; pixel < a->width; pixel++)
        sum += a->x[row * a->x_row_stride + pixel * a->x_pixel_stride + c];
    a->y[c] = (float)(sum - a->offset) * a->scale;
  }
}

void u8_lookup_scalar(const tl_u8_lookup *a) {
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      uint8_t *y = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      for (size_t c = 0; c < a->channels; c++) y[c] = a->table[y[c]];
    }
}

void u8_widen_pixels_scalar(const uint8_t *rgb, size_t pixels, uint8_t *y) {
  for (size_t pixel = 0; pixel < pixels; pixel++) {
    const uint8_t wide[4] = {rgb[3 * pixel], rgb[3 * pixel + 1], rgb[3 * pixel + 2], 0};
    memcpy(y + 4 * pixel, wide, 4);
  }
}

void f32_lookup_pixels(const uint8_t *rgb, size_t pixels, const float *table, float *y) {
  for (size_t pixel = 0; pixel < pixels; pixel++)
    for (size_t channel = 0; channel < 3; channel++)
      y[3 * pixel + channel] = table[256 * channel + rgb[3 * pixel + channel]];
}

// Several values side by side, which compilers turn into vectors of any set.
void f32_extremes(const float *x, size_t count, float *low, float *high) {
  enum { LANES = 16 };
  float lows[LANES], highs[LANES];
  size_t first = 0;
  while (first + 1 < count && x[first] != x[first]) first++;
  for (size_t lane = 0; lane < LANES; lane++) lows[lane] = highs[lane] = x[first];
  size_t i = 0;
  for (; i + LANES <= count; i += LANES)
    for (size_t lane = 0; lane < LANES; lane++) {
      const float value = x[i + lane];
      lows[lane] = value < lows[lane] ? value : lows[lane];
      highs[lane] = value > highs[lane] ? value : highs[lane];
    }
  for (; i < count; i++) {
    lows[0] = x[i] < lows[0] ? x[i] : lows[0];
    highs[0] = x[i] > highs[0] ? x[i] : highs[0];
  }
  *low = lows[0];
  *high = highs[0];
  for (size_t lane = 1; lane < LANES; lane++) {
    *low = lows[lane] < *low ? lows[lane] : *low;
    *high = highs[lane] > *high ? highs[lane] : *high;
  }
}

void f32_add_up(const float *x, size_t count, double *sums) {
  for (size_t i = 0; i < count; i++) sums[i] += (double)x[i];
}
