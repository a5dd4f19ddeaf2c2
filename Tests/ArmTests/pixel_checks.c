#include <string.h>

#include "CKernels.h"
#include "check.h"

static void run_pool(any_function *f, const void *a) {
  ((void (*)(const tl_u8_average_pool *))f)(a);
}

static void run_table(any_function *f, const void *a) {
  ((void (*)(const tl_u8_lookup *))f)(a);
}

typedef struct pixels {
  const uint8_t *rgb;
  size_t count;
  const float *table;
  void *y;
} pixels;

static void run_widen(any_function *f, const void *a) {
  const pixels *p = a;
  ((void (*)(const uint8_t *, size_t, uint8_t *))f)(p->rgb, p->count, p->y);
}

static void run_lookup(any_function *f, const void *a) {
  const pixels *p = a;
  ((void (*)(const uint8_t *, size_t, const float *, float *))f)(p->rgb, p->count, p->table, p->y);
}

typedef struct resize {
  const uint8_t *picture;
  size_t stride, count, taps;
  const int16_t *weights;
  int16_t *blended;
  const int32_t *first;
  uint8_t *row;
} resize;

static void run_rows(any_function *f, const void *a) {
  const resize *r = a;
  ((void (*)(const uint8_t *, size_t, size_t, const int16_t *, size_t, int16_t *))f)(
      r->picture, r->stride, r->count, r->weights, r->taps, r->blended);
}

static void run_columns(any_function *f, const void *a) {
  const resize *r = a;
  ((void (*)(const int16_t *, const int32_t *, const int16_t *, size_t, size_t, uint8_t *))f)(
      r->blended, r->first, r->weights, r->taps, r->count, r->row);
}

/// Weights of so many outputs, each of which sum to 2^14.
static const int16_t *weights_of(size_t outputs, size_t taps) {
  int16_t *all = block(PACKED, outputs * taps, sizeof(int16_t), 0);
  for (size_t i = 0; i < outputs; i++) {
    int left = 1 << 14;
    for (size_t t = 0; t + 1 < taps; t++) {
      all[i * taps + t] = (int16_t)below((size_t)left + 1);
      left -= all[i * taps + t];
    }
    all[i * taps + taps - 1] = (int16_t)left;
  }
  return all;
}

static void resize_once(void) {
  resize r = {.taps = 1 + below(9), .count = 1 + below(150)};
  r.stride = r.count + below(20);
  r.picture = bytes(INPUT, (r.taps - 1) * r.stride + r.count, 0);
  r.weights = weights_of(1, r.taps);
  r.blended = (int16_t *)bytes(OUTPUT, 2 * r.count, 0);
  output(r.blended, 2 * r.count, false);
  check(RESIZE_ROWS, run_rows, &r, "%zu rows of %zu", r.taps, r.count);

  const size_t width = r.taps + below(30);
  int16_t *blended = block(INPUT, 4 * width, sizeof(int16_t), 0);
  for (size_t i = 0; i < 4 * width; i++) blended[i] = (int16_t)below(255 * 64 + 1);
  int32_t *first = block(OTHER, r.count, sizeof(int32_t), 0);
  for (size_t i = 0; i < r.count; i++) first[i] = (int32_t)below(width - r.taps + 1);
  r.blended = blended;
  r.first = first;
  r.weights = weights_of(r.count, r.taps);
  r.row = bytes(OUTPUT, 3 * r.count, 0);
  output(r.row, 3 * r.count, false);
  check(RESIZE_COLUMNS, run_columns, &r, "%zu pixels of %zu taps", r.count, r.taps);
}

static void pool(size_t width, bool is_white) {
  tl_u8_average_pool a = {.rows = 1 + below(7), .width = width, .channels = 16 * (1 + below(6)),
                          .offset = (int32_t)below(20000), .scale = unit()};
  a.x_pixel_stride = a.channels + 16 * below(2);
  a.x_row_stride = a.width * a.x_pixel_stride + 16 * below(2);
  const size_t size =
      (a.rows - 1) * a.x_row_stride + (a.width - 1) * a.x_pixel_stride + a.channels;
  uint8_t *x = inputs(INPUT, size, 0, weights_kind());
  if (is_white)
    memset(x, 255, size);
  a.x = x;
  a.y = floats(OUTPUT, a.channels, PLAIN);
  output(a.y, 4 * a.channels, true);
  check(U8_AVERAGE_POOL, run_pool, &a, "%zu x %zu pixels of %zu", a.rows, a.width, a.channels);
}

static void table(void) {
  tl_u8_lookup a = {.rows = 1 + below(3), .width = 1 + below(9), .channels = 16 * (1 + below(6)),
                    .table = bytes(OTHER, 256, 0)};
  a.y_pixel_stride = a.channels + 16 * below(2);
  a.y_row_stride = a.width * a.y_pixel_stride + 16 * below(2);
  const size_t size =
      (a.rows - 1) * a.y_row_stride + (a.width - 1) * a.y_pixel_stride + a.channels;
  a.y = bytes(OUTPUT, size, 0);
  output(a.y, size, false);
  check(U8_LOOKUP, run_table, &a, "%zu x %zu pixels of %zu", a.rows, a.width, a.channels);
}

void check_pixels(void) {
  begin("tables");
  for (int i = 0; i < 100; i++) table();
  end();


  begin("int8 pools");
  for (int i = 0; i < 100; i++) pool(1 + below(10), false);
  // Where 16 bits are full.
  for (size_t width = 255; width <= 259; width++) pool(width, true);
  pool(520, true);
  end();

  begin("pixels");
  for (size_t count = 0; count <= 100; count++) {
    pixels p = {.rgb = bytes(INPUT, 3 * count, 0), .count = count};
    p.y = bytes(OUTPUT, 4 * count, 0);
    output(p.y, 4 * count, false);
    check(U8_WIDEN_PIXELS, run_widen, &p, "%zu pixels", count);
    p.table = floats(OTHER, 3 * 256, PLAIN);
    p.y = floats(OUTPUT, 3 * count, PLAIN);
    output(p.y, 12 * count, true);
    check(F32_LOOKUP_PIXELS, run_lookup, &p, "%zu pixels", count);
  }
  for (int i = 0; i < 150; i++) resize_once();
  end();
}
