// A dense convolution with vectors of 256 bits. What is read often is arranged once: pixels for all
// output channels, weights of 16 channels for all pixels of a block.
//
// Who includes it defines
//   CONVOLUTION     the function's name
//   WIDTH           bytes that a value of a pixel or weight takes when arranged
//   TILE            pixels of a tile, 6 or 4
//   FIRST_DOT(x, w) the sum of the products of each 32-bit element's values
//   DOT(sum, x, w)  the same added to a sum
//   FIRST_DOT_OF_TWO(x0, w0, x1, w1)  if the products of two elements are quicker together
//   arrange_pixel, arrange_weights
//   arrange_colours, compact_weights  for the pixels of an image, without their fourth byte
//   FITTING_BYTES   if there is a quicker function for weights whose products fit 16 bits

/// 6 pixels by 16 channels take 12 of the 16 registers as sums; with 4 there is room for the weights of
/// two elements. Longer sums than TAPS_MAX, which no MobileNet has, go to the reference.
enum { NARROW_TILE = 2 * TILE, BLOCK_MAX = 240, BLOCK_TAPS = 60 * 1024, TAPS_MAX = 4096,
  // Of a 3x3 kernel over an image: as stored, with a fourth value of 0 to each pixel, and without.
  COLOUR_TAPS = 36, COMPACT_TAPS = 28 };

/// A block of pixels: their values, one after the other at the same distance, and where each has its
/// output and its residual.
typedef struct pixels {
  const uint8_t *x;
  size_t distance;
  uint8_t *y[BLOCK_MAX];
  const uint8_t *residual[BLOCK_MAX];
  size_t count;
  /// Whether the values are 27 colours and a 0.
  bool is_compact;
} pixels;

/// 16 output channels of a convolution.
typedef struct columns {
  /// Elements of 8 channels, then those of 8 more, for the next values of each pixel.
  const uint8_t *weights;
  size_t taps;
  __m256 multiplier[2], bias[2];
  size_t channel;
  /// Whether only the first 8 are channels.
  bool is_narrow;
} columns;

INLINE __m256i clamped(__m256 x) {
  const __m256 low = _mm256_max_ps(x, _mm256_setzero_ps());
  return _mm256_cvtps_epi32(_mm256_min_ps(low, _mm256_set1_ps(255.0f)));
}

INLINE __m256i plus_residual(__m256i q, const tl_u8_residual *r, const uint8_t *x) {
  const __m256 other = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)x)));
  const __m256 scaled =
      _mm256_mul_ps(_mm256_sub_ps(other, _mm256_set1_ps(r->r_zero)), _mm256_set1_ps(r->r_scale));
  const __m256 sum = _mm256_fmadd_ps(
      _mm256_sub_ps(_mm256_cvtepi32_ps(q), _mm256_set1_ps(r->q_zero)),
      _mm256_set1_ps(r->q_scale), scaled);
  return clamped(_mm256_add_ps(sum, _mm256_set1_ps(r->y_zero)));
}

/// 8 channels of one pixel, quantized: vector `v` of 16 channels.
INLINE __m256i quantize(const int has_residual, const tl_u8_residual *r, const columns *c, int v,
                        __m256i sum, const uint8_t *residual) {
  if (!has_residual)
    return quantized(sum, c->multiplier[v], c->bias[v]);
  const __m256 sums = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), c->multiplier[v], c->bias[v]);
  return plus_residual(clamped(sums), r, residual + c->channel + 8 * v);
}

/// Quantizes and writes `height` pixels.
INLINE void write(const int height, const int has_residual, const tl_u8_residual *r,
                  const columns *c, const pixels *pixels, size_t first, __m256i sum[TILE][2]) {
  UNROLL for (int p = 0; p < height; p += 2) {
    const size_t at = first + (size_t)p;
    __m256i even[2], odd[2];
    UNROLL for (int v = 0; v < 2; v++) {
      odd[v] = even[v] = quantize(has_residual, r, c, v, sum[p][v], pixels->residual[at]);
      if (p + 1 < height)
        odd[v] = quantize(has_residual, r, c, v, sum[p + 1][v], pixels->residual[at + 1]);
    }
    const __m256i bytes =
        _mm256_permutevar8x32_epi32(narrowed(even[0], even[1], odd[0], odd[1]),
                                    _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm_storeu_si128((__m128i *)(pixels->y[at] + c->channel), _mm256_castsi256_si128(bytes));
    if (p + 1 < height)
      _mm_storeu_si128((__m128i *)(pixels->y[at + 1] + c->channel),
                       _mm256_extracti128_si256(bytes, 1));
  }
}

/// Adds the products of one 32-bit element of each pixel. The pixels' addresses are two bases and a
/// distance, so that they stay in registers; the first products are the sums themselves.
INLINE void add_products(const int height, const int is_first, const uint8_t *x, size_t distance,
                         const uint8_t *w, __m256i sum[TILE][2]) {
  const __m256i w0 = _mm256_load_si256((const __m256i *)w);
  const __m256i w1 = _mm256_load_si256((const __m256i *)(w + 32));
  const uint8_t *const third = x + 3 * distance;
  UNROLL for (int p = 0; p < height; p++) {
    const uint8_t *from = p < 3 ? x + (size_t)p * distance : third + (size_t)(p - 3) * distance;
    const __m256i value = _mm256_set1_epi32(*(const int *)from);
    sum[p][0] = is_first ? FIRST_DOT(value, w0) : DOT(sum[p][0], value, w0);
    sum[p][1] = is_first ? FIRST_DOT(value, w1) : DOT(sum[p][1], value, w1);
  }
}

#ifdef FIRST_DOT_OF_TWO
/// The same for two neighbouring elements of each pixel.
INLINE void add_products_of_two(const int height, const int is_first, const uint8_t *x,
                                size_t distance, const uint8_t *w, __m256i sum[TILE][2]) {
  __m256i weights[4];
  UNROLL for (int i = 0; i < 4; i++) weights[i] = _mm256_load_si256((const __m256i *)w + i);
  const uint8_t *const third = x + 3 * distance;
  UNROLL for (int p = 0; p < height; p++) {
    const uint8_t *from = p < 3 ? x + (size_t)p * distance : third + (size_t)(p - 3) * distance;
    const __m256i first = _mm256_set1_epi32(*(const int *)from);
    const __m256i second = _mm256_set1_epi32(*(const int *)(from + 4));
    UNROLL for (int v = 0; v < 2; v++) {
      const __m256i products = FIRST_DOT_OF_TWO(first, weights[v], second, weights[2 + v]);
      sum[p][v] = is_first ? products : _mm256_add_epi32(sum[p][v], products);
    }
  }
}
#endif

/// The sums of `height` pixels of the block, whose values begin at `x`.
INLINE void add_up(const int height, const columns *c, size_t distance, const uint8_t *x,
                   __m256i sum[TILE][2]) {
  const uint8_t *w = c->weights;
  const uint8_t *const end = x + c->taps * WIDTH;
#ifdef FIRST_DOT_OF_TWO
  if (c->taps * WIDTH == 4) {
    add_products(height, 1, x, distance, w, sum);
    return;
  }
  add_products_of_two(height, 1, x, distance, w, sum);
  for (x += 8, w += 128; end - x >= 8; x += 8, w += 128)
    add_products_of_two(height, 0, x, distance, w, sum);
  if (x != end)
    add_products(height, 0, x, distance, w, sum);
#else
  add_products(height, 1, x, distance, w, sum);
  x += 4, w += 64;
  if (WIDTH == 2) {
    add_products(height, 0, x, distance, w, sum);
    x += 4, w += 64;
  }
  while (x != end)
    UNROLL for (int step = 0; step < WIDTH; step++, x += 4, w += 64)
      add_products(height, 0, x, distance, w, sum);
#endif
}

/// `height` pixels of the block from `first` on.
INLINE void tile(const int height, const tl_u8_residual *r, const columns *c, const pixels *pixels,
                 size_t first) {
  __m256i sum[TILE][2];
  add_up(height, c, pixels->distance, pixels->x + first * pixels->distance, sum);
  if (r->x)
    write(height, 1, r, c, pixels, first, sum);
  else
    write(height, 0, r, c, pixels, first, sum);
}

/// Twice as many pixels by 8 channels, for what is left of a layer whose channels are no multiple of 16.
INLINE void narrow_tile(const int has_residual, const tl_u8_residual *r, const columns *c,
                        const pixels *pixels, size_t first) {
  __m256i sum[NARROW_TILE];
  UNROLL for (int p = 0; p < NARROW_TILE; p++) sum[p] = _mm256_setzero_si256();
  const size_t distance = pixels->distance;
  const uint8_t *x = pixels->x + first * distance, *w = c->weights;
  const uint8_t *const end = x + c->taps * WIDTH;
#ifdef FIRST_DOT_OF_TWO
  for (; end - x >= 8; x += 8, w += 128) {
    const __m256i w0 = _mm256_load_si256((const __m256i *)w);
    const __m256i w1 = _mm256_load_si256((const __m256i *)(w + 64));
    UNROLL for (int p = 0; p < NARROW_TILE; p++) {
      const uint8_t *from = x + (size_t)p * distance;
      const __m256i first = _mm256_set1_epi32(*(const int *)from);
      const __m256i second = _mm256_set1_epi32(*(const int *)(from + 4));
      sum[p] = _mm256_add_epi32(sum[p], FIRST_DOT_OF_TWO(first, w0, second, w1));
    }
  }
#endif
  for (; x != end; x += 4, w += 64) {
    const __m256i weight = _mm256_load_si256((const __m256i *)w);
    const uint8_t *third = x;
    UNROLL for (int p = 0; p < NARROW_TILE; p++) {
      const uint8_t *from = third + (size_t)(p % 3) * distance;
      sum[p] = DOT(sum[p], _mm256_set1_epi32(*(const int *)from), weight);
      if (p % 3 == 2)
        third += 3 * distance;
    }
  }
  UNROLL for (int p = 0; p < NARROW_TILE; p += 4) {
    __m256i value[4];
    uint8_t *y[4];
    UNROLL for (int i = 0; i < 4; i++) {
      const size_t at = first + (size_t)(p + i);
      value[i] = quantize(has_residual, r, c, 0, sum[p + i], pixels->residual[at]);
      y[i] = pixels->y[at] + c->channel;
    }
    store_outputs(value, y, 4);
  }
}

/// All pixels of a block; it ends with two tiles of about the same height rather than with one of 1 or 2.
static void tiles(const tl_u8_residual *r, const columns *c, const pixels *pixels) {
  size_t first = 0, left = pixels->count;
  if (c->is_narrow)
    for (; left >= NARROW_TILE; first += NARROW_TILE, left -= NARROW_TILE) {
      if (r->x)
        narrow_tile(1, r, c, pixels, first);
      else
        narrow_tile(0, r, c, pixels, first);
    }
  for (; left > TILE + 2 || left == TILE; first += TILE, left -= TILE)
    tile(TILE, r, c, pixels, first);
  if (left > TILE || (TILE == 6 && left == 4)) {
    const int height = TILE == 6 ? 4 : 3;
    tile(height, r, c, pixels, first);
    first += (size_t)height, left -= (size_t)height;
  }
  switch (left) {
#if TILE == 6
  case 5: tile(5, r, c, pixels, first); break;
  case 4: tile(4, r, c, pixels, first); break;
#endif
  case 3: tile(3, r, c, pixels, first); break;
  case 2: tile(2, r, c, pixels, first); break;
  case 1: tile(1, r, c, pixels, first); break;
  }
}

/// 16 channels of a panel: where their four pieces of four channels lie in it.
INLINE void pieces_of(size_t vectors, size_t channel, size_t pieces[4]) {
  UNROLL for (size_t j = 0; j < 4; j++) {
    const size_t c = channel + 4 * j;
    pieces[j] = 16 * (c % (4 * vectors) / 4) + 4 * (c / (4 * vectors));
  }
}

INLINE __m256 pair_of(const float *low, const float *high) {
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

/// All output channels of a block of pixels.
static void convolve(const tl_u8s8_convolution *a, const pixels *pixels) {
  _Alignas(64) uint8_t weights[TAPS_MAX * 16 * WIDTH];
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  columns c = {.weights = weights, .taps = pixels->is_compact ? COMPACT_TAPS : taps};
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    for (size_t channel = 0; channel < 16 * vectors; channel += 16) {
      size_t pieces[4];
      pieces_of(vectors, channel, pieces);
      arrange_weights(a->packed + first * taps, 64 * vectors, pieces, taps, weights);
      if (pixels->is_compact)
        compact_weights(weights);
      UNROLL for (int v = 0; v < 2; v++) {
        const float *m = a->multiplier + first, *bias = a->bias + first;
        c.multiplier[v] = pair_of(m + pieces[2 * v], m + pieces[2 * v + 1]);
        c.bias[v] = pair_of(bias + pieces[2 * v], bias + pieces[2 * v + 1]);
      }
      c.channel = first + channel;
      c.is_narrow = c.channel + 8 >= a->channels;
      tiles(&a->residual, &c, pixels);
    }
    first += 16 * vectors;
  }
}

/// The values that a pixel of the output sums over.
INLINE void arrange_values(const tl_u8s8_convolution *a, size_t row, size_t pixel, bool is_compact,
                           uint8_t *to) {
  const uint8_t *const *rows = a->x_rows + row * a->row_step;
  const size_t offset = pixel * a->x_pixel_stride;
  if (is_compact) {
    UNROLL for (int ky = 0; ky < 3; ky++) arrange_colours(rows[ky] + offset, to + 9 * ky * WIDTH);
    return;
  }
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t s = 0; s < a->segments; s++, to += a->segment_length * WIDTH)
      arrange_pixel(rows[ky] + offset + s * a->segment_stride, a->segment_length, to);
}

/// Whether it is a 3x3 convolution over an image whose pixels take 4 bytes: one whose fourth weights
/// are 0.
INLINE bool is_over_colours(const tl_u8s8_convolution *a) {
  if (a->kernel_height != 3 || a->segments * a->segment_length * 3 != COLOUR_TAPS || a->segments != 1)
    return false;
  __m256i fourth = _mm256_setzero_si256();
  for (size_t k = 0; k < COLOUR_TAPS * a->outputs; k += 32)
    fourth = _mm256_or_si256(fourth, _mm256_loadu_si256((const __m256i *)(a->packed + k)));
  return _mm256_testz_si256(fourth, _mm256_set1_epi32((int)0xff000000));
}

/// Whether the pixels of a 1x1 convolution lie at the same distance throughout, so that bytes needn't
/// be arranged.
INLINE bool lies_arranged(const tl_u8s8_convolution *a) {
  if (WIDTH != 1 || a->kernel_height != 1 || a->segments != 1)
    return false;
  for (size_t row = 1; row < a->rows; row++)
    if (a->x_rows[row * a->row_step] - a->x_rows[(row - 1) * a->row_step] !=
        (ptrdiff_t)(a->width * a->x_pixel_stride))
      return false;
  return true;
}

void CONVOLUTION(const tl_u8s8_convolution *a) {
  const size_t all_taps = a->kernel_height * a->segments * a->segment_length;
  if (all_taps > TAPS_MAX) {
    u8s8_convolution_scalar(a);
    return;
  }
#ifdef FITTING_BYTES
  if (a->fits_16_bits) {
    FITTING_BYTES(a);
    return;
  }
#endif
  // What is written last may reach beyond the last value.
  _Alignas(64) uint8_t values[BLOCK_TAPS * WIDTH + 32];
  const bool is_compact = is_over_colours(a), in_place = lies_arranged(a);
  const size_t taps = is_compact ? COMPACT_TAPS : all_taps;
  pixels block = {.x = in_place ? a->x_rows[0] : values,
                  .distance = in_place ? a->x_pixel_stride : taps * WIDTH,
                  .is_compact = is_compact};
  const size_t count = a->rows * a->width;
  const size_t room = BLOCK_TAPS / taps < BLOCK_MAX ? BLOCK_TAPS / taps : BLOCK_MAX;
  // Blocks of about the same size.
  const size_t blocks = (count + room - 1) / room, size = (count + blocks - 1) / blocks;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      const size_t p = block.count++;
      block.y[p] = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
      block.residual[p] = a->residual.x ? a->residual.x + row * a->residual.row_stride +
                                              pixel * a->residual.pixel_stride
                                        : 0;
      if (!in_place)
        arrange_values(a, row, pixel, is_compact, values + p * block.distance);
      if (block.count == size || (row + 1 == a->rows && pixel + 1 == a->width)) {
        convolve(a, &block);
        if (in_place)
          block.x += block.count * block.distance;
        block.count = 0;
      }
    }
}
