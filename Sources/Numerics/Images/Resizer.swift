import Kernels

/// Resizes part of a picture, computing only the pixels that are kept. Keeps its buffers.
struct Resizer {
  private let kernels = KernelTable.best
  private var rows = AxisWeights()
  private var columns = AxisWeights()
  // One row of the output's height and the picture's width, 4 values a pixel.
  private var blended: [Int16] = []

  /// Makes the crop of a picture, of which `picture` holds at least the part that the crop needs
  /// ([rows × columns × 4], the fourth byte ignored), into `pixels` ([kept rows × kept columns × 3]).
  mutating func resize(
    _ picture: [UInt8], _ part: DecodedPart, crop: Crop, into pixels: inout MutableSpan<UInt8>
  ) {
    rows.update(crop.rows)
    columns.update(crop.columns)
    precondition(rows.needed.clamped(to: part.rows) == rows.needed)
    precondition(columns.needed.clamped(to: part.columns) == columns.needed)
    let stride = 4 * part.columns.count
    let left = 4 * (columns.needed.lowerBound - part.columns.lowerBound)
    var blended = self.blended
    self.blended = []
    let count = 4 * columns.needed.count
    if blended.count != count { blended = [Int16](repeating: 0, count: count) }
    let rowLength = 3 * crop.columns.kept.count
    for y in 0..<crop.rows.kept.count {
      let row = rows.needed.lowerBound - part.rows.lowerBound + Int(rows.first[y])
      var row16 = blended.mutableSpan
      kernels.blendRows(
        of: picture.span, from: row * stride + left, stride: stride,
        weights: rows.weights.span.extracting(y * rows.taps..<(y + 1) * rows.taps), into: &row16)
      kernels.blendColumns(
        of: blended.span, first: columns.first.span, weights: columns.weights.span,
        taps: columns.taps, into: &pixels, at: y * rowLength)
    }
    self.blended = blended
  }
}
