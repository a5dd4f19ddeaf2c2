// A dense convolution with vectors of 256 bits. What is read often is arranged once: pixels for all
// output channels, weights of 16 channels for all pixels of a block.
//
// Who includes it defines
//   CONVOLUTION     the function's name
//   WIDTH           bytes that a value of a pixel or weight takes when arranged
//   DOT(sum, x, w)  adds the products of each 32-bit element's values
//   arrange_pixel, arrange_weights

/// 6 pixels by 16 channels take 12 of the 16 registers as sums. Longer sums than TAPS_MAX, which no
/// MobileNet has, go to the reference.
enum { TILE = 6, BLOCK_MAX = 240, BLOCK_TAPS = 60 * 1024, TAPS_MAX = 4096 };

/// A block of pixels: where each has its values, its output and its residual.
typedef struct pixels {
  const uint8_t *x[BLOCK_MAX];
  uint8_t *y[BLOCK_MAX];
  const uint8_t *residual[BLOCK_MAX];
  size_t count;
} pixels;

/// 16 output channels of a convolution.
typedef struct columns {
  /// Elements of 8 channels, then those of 8 more, for the next values of each pixel.
  const uint8_t *weights;
  size_t taps;
  __m256 multiplier[2], bias[2];
  size_t channel;
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

/// 16 channels of one pixel, quantized.
INLINE void quantize(const int has_residual, const tl_u8_residual *r, const columns *c,
                     const __m256i sum[2], const uint8_t *residual, __m256i value[2]) {
  UNROLL for (int v = 0; v < 2; v++) {
    if (has_residual) {
      const __m256 sums = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[v]), c->multiplier[v], c->bias[v]);
      value[v] = plus_residual(clamped(sums), r, residual + c->channel + 8 * v);
    } else {
      value[v] = quantized(sum[v], c->multiplier[v], c->bias[v]);
    }
  }
}

/// Quantizes and writes `height` pixels.
INLINE void write(const int height, const int has_residual, const tl_u8_residual *r,
                  const columns *c, const pixels *pixels, size_t first, __m256i sum[TILE][2]) {
  UNROLL for (int p = 0; p < height; p += 2) {
    const size_t at = first + (size_t)p;
    __m256i even[2], odd[2];
    quantize(has_residual, r, c, sum[p], pixels->residual[at], even);
    odd[0] = even[0], odd[1] = even[1];
    if (p + 1 < height)
      quantize(has_residual, r, c, sum[p + 1], pixels->residual[at + 1], odd);
    const __m256i bytes =
        _mm256_permutevar8x32_epi32(narrowed(even[0], even[1], odd[0], odd[1]),
                                    _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    _mm_storeu_si128((__m128i *)(pixels->y[at] + c->channel), _mm256_castsi256_si128(bytes));
    if (p + 1 < height)
      _mm_storeu_si128((__m128i *)(pixels->y[at + 1] + c->channel),
                       _mm256_extracti128_si256(bytes, 1));
  }
}

/// `height` pixels of the block from `first` on.
INLINE void tile(const int height, const tl_u8_residual *r, const columns *c, const pixels *pixels,
                 size_t first) {
  __m256i sum[TILE][2];
  const uint8_t *x[TILE];
  UNROLL for (int p = 0; p < height; p++) {
    x[p] = pixels->x[first + (size_t)p];
    sum[p][0] = sum[p][1] = _mm256_setzero_si256();
  }
  const uint8_t *w = c->weights;
  const size_t end = c->taps * WIDTH;
  for (size_t at = 0; at < end;) {
    UNROLL for (int step = 0; step < WIDTH; step++, at += 4, w += 64) {
      const __m256i w0 = _mm256_load_si256((const __m256i *)w);
      const __m256i w1 = _mm256_load_si256((const __m256i *)(w + 32));
      UNROLL for (int p = 0; p < height; p++) {
        const __m256i value = _mm256_set1_epi32(*(const int *)(x[p] + at));
        sum[p][0] = DOT(sum[p][0], value, w0);
        sum[p][1] = DOT(sum[p][1], value, w1);
      }
    }
  }
  if (r->x)
    write(height, 1, r, c, pixels, first, sum);
  else
    write(height, 0, r, c, pixels, first, sum);
}

/// All pixels of a block: tiles of 6, and two of 4 or 3 at the end rather than one of 1 or 2.
static void tiles(const tl_u8_residual *r, const columns *c, const pixels *pixels) {
  size_t first = 0, left = pixels->count;
  for (; left > 8 || left == 6; first += 6, left -= 6) tile(6, r, c, pixels, first);
  if (left == 8 || left == 7 || left == 4) {
    tile(4, r, c, pixels, first);
    first += 4, left -= 4;
  }
  switch (left) {
  case 5: tile(5, r, c, pixels, first); break;
  case 4: tile(4, r, c, pixels, first); break;
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
  columns c = {.weights = weights, .taps = taps};
  for (size_t first = 0; first < a->outputs;) {
    const size_t vectors = tl_panel_vectors(a->outputs - first);
    for (size_t channel = 0; channel < 16 * vectors; channel += 16) {
      size_t pieces[4];
      pieces_of(vectors, channel, pieces);
      arrange_weights(a->packed + first * taps, 64 * vectors, pieces, taps, weights);
      UNROLL for (int v = 0; v < 2; v++) {
        const float *m = a->multiplier + first, *bias = a->bias + first;
        c.multiplier[v] = pair_of(m + pieces[2 * v], m + pieces[2 * v + 1]);
        c.bias[v] = pair_of(bias + pieces[2 * v], bias + pieces[2 * v + 1]);
      }
      c.channel = first + channel;
      tiles(&a->residual, &c, pixels);
    }
    first += 16 * vectors;
  }
}

/// Adds a pixel to a block, its values arranged at `values` unless they can be read where they are.
INLINE void add_pixel(const tl_u8s8_convolution *a, size_t row, size_t pixel, size_t taps,
                      uint8_t *values, pixels *block) {
  const uint8_t *const *rows = a->x_rows + row * a->row_step;
  const size_t offset = pixel * a->x_pixel_stride, p = block->count++;
  block->y[p] = a->y + row * a->y_row_stride + pixel * a->y_pixel_stride;
  block->residual[p] = 0;
  if (a->residual.x)
    block->residual[p] =
        a->residual.x + row * a->residual.row_stride + pixel * a->residual.pixel_stride;
  if (WIDTH == 1 && a->kernel_height == 1 && a->segments == 1) {
    block->x[p] = rows[0] + offset;
    return;
  }
  uint8_t *to = values + p * taps * WIDTH;
  block->x[p] = to;
  for (size_t ky = 0; ky < a->kernel_height; ky++)
    for (size_t s = 0; s < a->segments; s++, to += a->segment_length * WIDTH) {
      const uint8_t *x = rows[ky] + offset + s * a->segment_stride;
      // Three pixels of an image: a length that the compiler knows saves a third of the first layer.
      if (a->segment_length == 12)
        arrange_pixel(x, 12, to);
      else
        arrange_pixel(x, a->segment_length, to);
    }
}

void CONVOLUTION(const tl_u8s8_convolution *a) {
  const size_t taps = a->kernel_height * a->segments * a->segment_length;
  if (taps > TAPS_MAX) {
    u8s8_convolution_scalar(a);
    return;
  }
  _Alignas(64) uint8_t values[BLOCK_TAPS * WIDTH];
  pixels block = {.count = 0};
  const size_t count = a->rows * a->width;
  const size_t room = BLOCK_TAPS / taps < BLOCK_MAX ? BLOCK_TAPS / taps : BLOCK_MAX;
  // Blocks of about the same size.
  const size_t blocks = (count + room - 1) / room, size = (count + blocks - 1) / blocks;
  for (size_t row = 0; row < a->rows; row++)
    for (size_t pixel = 0; pixel < a->width; pixel++) {
      add_pixel(a, row, pixel, taps, values, &block);
      if (block.count == size || (row + 1 == a->rows && pixel + 1 == a->width)) {
        convolve(a, &block);
        block.count = 0;
      }
    }
}
