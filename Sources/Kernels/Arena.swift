import Glibc

/// A block of memory, zero at first, that never moves: the working memory of one thread, or packed
/// weights that many threads read.
///
/// Kernels take whole vectors, so the block begins on a cache line; blocks of two megabytes and more
/// ask for huge pages, as weights of some ten megabytes are read once per sample and would
/// otherwise miss the TLB all along.
@safe package final class Arena {
  /// The size in bytes.
  package let byteCount: Int
  let base: UnsafeMutableRawPointer
  /// Room for the addresses of a convolution's segments or rows, filled anew for every call.
  let addresses: UnsafeMutablePointer<UnsafePointer<Float>?>

  /// The most segments of a convolution: a 7x7 kernel with a segment for every tap.
  package static let segmentCountMax = 49
  private static let hugePageByteCount = 2 << 20

  /// - Precondition: the size isn't negative
  package init(byteCount: Int) {
    precondition(byteCount >= 0)
    let alignment = byteCount >= Self.hugePageByteCount ? Self.hugePageByteCount : 64
    let rounded = (byteCount + alignment - 1) / alignment * alignment
    self.byteCount = byteCount
    // unsafe: owned by this object, freed in `deinit`, reached only through checked offsets.
    unsafe base = .allocate(byteCount: max(rounded, alignment), alignment: alignment)
    if rounded >= Self.hugePageByteCount { unsafe madvise(base, rounded, MADV_HUGEPAGE) }
    unsafe memset(base, 0, rounded)
    unsafe addresses = .allocate(capacity: Self.segmentCountMax)
    unsafe addresses.initialize(repeating: nil, count: Self.segmentCountMax)
  }

  deinit {
    unsafe base.deallocate()
    unsafe addresses.deallocate()
  }

  /// The number of float32 values that fit.
  package var floatCount: Int { byteCount / 4 }

  /// The block as float32 values.
  var floats: UnsafeMutablePointer<Float> {
    // unsafe: the block is aligned, initialized, and holds nothing but numbers.
    unsafe base.assumingMemoryBound(to: Float.self)
  }

  /// Copies float32 values out, as many as `values` has room for.
  ///
  /// - Precondition: the block holds that many from the offset on, counted in values
  package func load(at offset: Int, into values: inout MutableSpan<Float>) {
    precondition(offset >= 0 && offset + values.count <= floatCount)
    for index in 0..<values.count { values[index] = unsafe floats[offset + index] }
  }

  /// Writes float32 values.
  ///
  /// - Precondition: they fit in the block from that offset, counted in values
  package func store(_ values: Span<Float>, at offset: Int) {
    precondition(offset >= 0 && offset + values.count <= floatCount)
    for index in values.indices { unsafe floats[offset + index] = values[index] }
  }

  /// Writes one float32 value.
  ///
  /// - Precondition: the offset lies in the block
  package func store(_ value: Float, at offset: Int) {
    precondition(offset >= 0 && offset < floatCount)
    unsafe floats[offset] = value
  }

  /// Sets float32 values to +0.
  ///
  /// - Precondition: the range lies in the block
  package func zero(_ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= floatCount)
    unsafe (floats + range.lowerBound).update(repeating: 0, count: range.count)
  }
}

/// Packed weights: an arena that nobody writes any more, so that threads may share it.
@safe package struct PackedWeights: @unchecked Sendable {
  let arena: Arena

  /// Copies the weights of a network into one block.
  package init(_ values: [Float]) {
    arena = Arena(byteCount: values.count * 4)
    arena.store(values.span, at: 0)
  }
}
