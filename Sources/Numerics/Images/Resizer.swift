import Kernels

/// Resizes part of a picture, computing only the pixels that are kept. Keeps its buffers.
struct Resizer {
  private let kernels = KernelTable.best
  private var rows = AxisWeights()
  private var columns = AxisWeights()
  // One row of the output's height and the picture's width, 4 values a pixel.
  private var blended: [Int16] = []

  /// Makes the crop of a picture of `width` pixels a row ([height × width × 4], the fourth byte
  /// ignored) into `pixels` ([kept rows × kept columns × 3]).
  mutating func resize(
    _ picture: [UInt8], width: Int, crop: Crop, into pixels: inout MutableSpan<UInt8>
  ) {
    rows.update(crop.rows)
    columns.update(crop.columns)
    var blended = self.blended
    self.blended = []
    let count = 4 * columns.needed.count
    if blended.count != count { blended = [Int16](repeating: 0, count: count) }
    let rowLength = 3 * crop.columns.kept.count
    for y in 0..<crop.rows.kept.count {
      let row = rows.needed.lowerBound + Int(rows.first[y])
      var row16 = blended.mutableSpan
      kernels.blendRows(
        of: picture.span, from: 4 * (row * width + columns.needed.lowerBound), stride: 4 * width,
        weights: rows.weights.span.extracting(y * rows.taps..<(y + 1) * rows.taps), into: &row16)
      kernels.blendColumns(
        of: blended.span, first: columns.first.span, weights: columns.weights.span,
        taps: columns.taps, into: &pixels, at: y * rowLength)
    }
    self.blended = blended
  }
}
