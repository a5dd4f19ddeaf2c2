// How u8s8_convolution_avx2.h arranges values that are left as bytes: four to an element.
#define WIDTH 1

/// Copies `count` bytes, a multiple of 4.
INLINE void arrange_pixel(const uint8_t *x, size_t count, uint8_t *to) {
  size_t k = 0;
  for (; k + 16 <= count; k += 16)
    _mm_storeu_si128((__m128i *)(to + k), _mm_loadu_si128((const __m128i *)(x + k)));
  for (; k < count; k += 4) *(int *)(to + k) = *(const int *)(x + k);
}

/// The weights of 16 channels in their order.
INLINE void arrange_weights(const int8_t *panel, size_t stride, const size_t pieces[4],
                            size_t taps, uint8_t *to) {
  for (size_t k = 0; k < taps; k += 4, panel += stride, to += 64)
    UNROLL for (int j = 0; j < 4; j++) _mm_store_si128(
        (__m128i *)(to + 16 * j), _mm_loadu_si128((const __m128i *)(panel + 4 * pieces[j])));
}

/// Copies the colours of three pixels of 4 bytes; writes 16 bytes, of which the last 7 are 0.
INLINE void arrange_colours(const uint8_t *x, uint8_t *to) {
  const __m128i colours = _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, -1, -1, -1, -1, -1, -1, -1);
  _mm_storeu_si128((__m128i *)to,
                   _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)x), colours));
}

/// Leaves out the fourth weights, which are 0, of a 3x3 kernel over an image.
INLINE void compact_weights(uint8_t *arranged) {
  __m256i *weights = (__m256i *)arranged;
  UNROLL for (int four = 0; four < 7; four++) UNROLL for (int v = 0; v < 2; v++) {
    __m256i values = _mm256_setzero_si256();
    // The pixels that have a colour among these four.
    UNROLL for (int pixel = 4 * four / 3; pixel <= (4 * four + 3) / 3 && pixel < 9; pixel++) {
      const int shift = 8 * (3 * pixel - 4 * four);
      const __m256i colours = weights[2 * pixel + v];
      values = _mm256_or_si256(values, shift < 0 ? _mm256_srli_epi32(colours, -shift)
                                                 : _mm256_slli_epi32(colours, shift));
    }
    weights[2 * four + v] = values;
  }
}
