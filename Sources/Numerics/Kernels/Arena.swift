import CKernels
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
  /// Room for the addresses of a convolution's input rows, filled anew for every call.
  let addresses: UnsafeMutablePointer<UnsafePointer<Float>?>
  let byteAddresses: UnsafeMutablePointer<UnsafePointer<UInt8>?>

  /// The most input rows of a call.
  package static let rowCountMax = 256
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
    unsafe addresses = .allocate(capacity: Self.rowCountMax)
    unsafe addresses.initialize(repeating: nil, count: Self.rowCountMax)
    unsafe byteAddresses = .allocate(capacity: Self.rowCountMax)
    unsafe byteAddresses.initialize(repeating: nil, count: Self.rowCountMax)
  }

  deinit {
    unsafe base.deallocate()
    unsafe addresses.deallocate()
    unsafe byteAddresses.deallocate()
  }

  /// The number of float32 values that fit.
  package var floatCount: Int { byteCount / 4 }

  /// The block as float32 values.
  var floats: UnsafeMutablePointer<Float> {
    // unsafe: the block is aligned, initialized, and holds nothing but numbers.
    unsafe base.assumingMemoryBound(to: Float.self)
  }

  /// The block as bytes.
  var bytes: UnsafeMutablePointer<UInt8> {
    // unsafe: the block is initialized, and holds nothing but numbers.
    unsafe base.assumingMemoryBound(to: UInt8.self)
  }

  /// Copies float32 values out, to the places of `values` that the range names.
  ///
  /// - Precondition: the block holds that many from the offset on, counted in values
  package func load(
    at offset: Int, into values: inout MutableSpan<Float>, _ places: Range<Int>
  ) {
    precondition(offset >= 0 && offset + places.count <= floatCount)
    let start = offset - places.lowerBound
    for place in places { values[place] = unsafe floats[start + place] }
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

extension Arena {
  /// Sets bytes.
  ///
  /// - Precondition: the range lies in the block
  package func fill(_ range: Range<Int>, with byte: UInt8) {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
    unsafe (bytes + range.lowerBound).update(repeating: byte, count: range.count)
  }

  /// Copies bytes out as numbers, to the places of `values` that the range names.
  ///
  /// - Precondition: the block holds that many from the offset on, counted in bytes
  package func load(
    bytesAt offset: Int, into values: inout MutableSpan<Float>, _ places: Range<Int>
  ) {
    precondition(offset >= 0 && offset + places.count <= byteCount)
    let start = offset - places.lowerBound
    for place in places { values[place] = unsafe Float(bytes[start + place]) }
  }

  /// Turns pixels of three bytes into float32 values, by a table of 3 x 256.
  ///
  /// - Precondition: `pixels` are whole pixels, and their values fit at the offset
  package func storeLooked(up pixels: Span<UInt8>, in table: Span<Float>, at offset: Int) {
    precondition(pixels.count.isMultiple(of: 3) && table.count == 3 * 256)
    precondition(offset >= 0 && offset + pixels.count <= floatCount)
    unsafe pixels.withUnsafeBufferPointer { source in
      unsafe table.withUnsafeBufferPointer { table in
        unsafe f32_lookup_pixels(
          source.baseAddress, pixels.count / 3, table.baseAddress, floats + offset)
      }
    }
  }

  /// The smallest and the largest of float32 values: for calibration.
  ///
  /// - Precondition: the range lies in the block and isn't empty
  package func extremes(_ range: Range<Int>) -> (low: Float, high: Float) {
    precondition(range.lowerBound >= 0 && range.upperBound <= floatCount && !range.isEmpty)
    var (low, high): (Float, Float) = (0, 0)
    unsafe f32_extremes(floats + range.lowerBound, range.count, &low, &high)
    return (low, high)
  }

  /// Adds float32 values to sums, one to each: for calibration.
  ///
  /// - Precondition: the range lies in the block, and there are as many sums
  package func add(_ range: Range<Int>, to sums: inout [Double]) {
    precondition(range.lowerBound >= 0 && range.upperBound <= floatCount)
    precondition(range.count == sums.count)
    unsafe f32_add_up(floats + range.lowerBound, range.count, &sums)
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

  /// Copies packed bytes into one block.
  package init(bytes values: [UInt8]) {
    arena = Arena(byteCount: values.count)
    for index in values.indices { unsafe arena.bytes[index] = values[index] }
  }
}
