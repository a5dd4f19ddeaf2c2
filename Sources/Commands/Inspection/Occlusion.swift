import MobileNet
import Threading
import Training

extension Classifier {
  /// A square as wide as this part of the picture's shorter side, moved by half of that.
  private static let squaresAcross = 7
  private static let grey: UInt8 = 128

  /// By how much the class's logit falls when a grey square lies on the picture: at each place the mean
  /// over the squares that covered it.
  ///
  /// - Parameters:
  ///   - pixels: as the backbone gets them.
  ///   - logit: of the whole picture.
  func occlusion(
    _ pixels: [UInt8], _ label: Int, _ logit: Double, threads: Int
  ) throws(Divergence) -> Heatmap {
    let (height, width) = backbone.inputSize
    let step = max(1, min(height, width) / (2 * Self.squaresAcross))
    let side = 2 * step
    let rows = Array(stride(from: 0, through: max(0, height - side), by: step))
    let columns = Array(stride(from: 0, through: max(0, width - side), by: step))
    let drops = try concurrentMap(
      count: rows.count * columns.count, threads: threads, name: "occlusion",
      stackBytes: Self.stackBytes,
      buffers: { () throws(Divergence) in
        Looking(extractor: FeatureExtractor(backbone), engine: ShareEngine(shape: head.shape))
      },
      compute: { (index, looking: inout Looking) throws(Divergence) -> Double in
        let (top, left) = (rows[index / columns.count], columns[index % columns.count])
        var covered = pixels
        for row in top..<min(top + side, height) {
          for byte in (row * width + left) * 3..<(row * width + min(left + side, width)) * 3 {
            covered[byte] = Self.grey
          }
        }
        var features = [Float](repeating: 0, count: backbone.featureCount)
        var span = features.mutableSpan
        looking.extractor.features(pixels: covered.span, into: &span)
        return logit - Double(try looking.engine.logits(head: head, features: features)[label])
      })
    // Each square covers two by two cells of the grid.
    let (gridHeight, gridWidth) = (rows.count + 1, columns.count + 1)
    var sums = [Double](repeating: 0, count: gridHeight * gridWidth)
    var counts = sums
    for (index, drop) in drops.enumerated() {
      for place in 0..<4 {
        let cell =
          (index / columns.count + place / 2) * gridWidth + index % columns.count + place % 2
        sums[cell] += drop
        counts[cell] += 1
      }
    }
    return Heatmap(
      height: gridHeight, width: gridWidth, values: zip(sums, counts).map { $0 / $1 })
  }

  private struct Looking: ~Copyable {
    var extractor: FeatureExtractor
    var engine: ShareEngine
  }
}
