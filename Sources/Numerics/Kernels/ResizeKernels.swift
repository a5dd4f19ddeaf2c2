import CKernels

/// The two steps of resizing a picture by separable weights, in exact integer arithmetic.
///
/// A picture comes with 4 bytes a pixel, of which the fourth is carried along and ignored. Weights
/// are at least 0, and those of one output sum to `one`.
public enum ResizeKernels {
  /// The sum of the weights of one output.
  public static let one = 1 << 14
}

extension KernelTable {
  /// Blends `weights.count` rows of `blended.count` bytes, `stride` bytes apart from `start` on,
  /// into one row of values with 6 fractional bits, rounded half up.
  public func blendRows(
    of picture: Span<UInt8>, from start: Int, stride: Int, weights: Span<Int16>,
    into blended: inout MutableSpan<Int16>
  ) {
    let lastRow = start + (weights.count - 1) * stride
    precondition(weights.count > 0 && start >= 0 && stride >= 0)
    precondition(lastRow + blended.count <= picture.count, "a row lies outside the picture")
    let count = blended.count
    // All reads end at lastRow + count and all writes at count, both checked above.
    unsafe picture.withUnsafeBufferPointer { picture in
      unsafe weights.withUnsafeBufferPointer { weights in
        unsafe blended.withUnsafeMutableBufferPointer { blended in
          guard let rows = picture.baseAddress else { return }
          unsafe resizing.blendRows(
            rows + start, stride, count, weights.baseAddress, weights.count, blended.baseAddress)
        }
      }
    }
  }

  /// Makes one row of `first.count` pixels of 3 bytes, rounded half up: pixel x is the sum of the
  /// `taps` pixels of `blended` from `first[x]` on, times the weights from `taps * x` on.
  public func blendColumns(
    of blended: Span<Int16>, first: Span<Int32>, weights: Span<Int16>, taps: Int,
    into picture: inout MutableSpan<UInt8>, at start: Int
  ) {
    let pixels = first.count
    precondition(taps > 0 && weights.count == taps * pixels)
    precondition(start >= 0 && start + 3 * pixels <= picture.count, "no room for the row")
    // One comparison at the end, so that the compiler's vectors go through them.
    var (lowest, highest) = (Int32.max, Int32.min)
    for x in first.indices {
      lowest = min(lowest, first[x])
      highest = max(highest, first[x])
    }
    precondition(
      pixels == 0 || lowest >= 0 && Int(highest) <= blended.count / 4 - taps,
      "a pixel lies outside the row")
    // All reads end 4 · (first + taps) values into the row, all writes at start + 3 · pixels.
    unsafe blended.withUnsafeBufferPointer { blended in
      unsafe first.withUnsafeBufferPointer { first in
        unsafe weights.withUnsafeBufferPointer { weights in
          unsafe picture.withUnsafeMutableBufferPointer { picture in
            guard let row = picture.baseAddress else { return }
            unsafe resizing.blendColumns(
              blended.baseAddress, first.baseAddress, weights.baseAddress, taps, pixels,
              row + start)
          }
        }
      }
    }
  }
}
