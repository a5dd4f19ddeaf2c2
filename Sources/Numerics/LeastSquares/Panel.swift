import Kernels

/// A matrix [32 × depth] that others are multiplied with, as the kernels of convolutions read it: a
/// convolution of 1 × 1 is a product of matrices, and all instruction sets give the same bits.
struct Panel: Sendable {
  /// The rows of every panel.
  static let height = Packing.panel

  let depth: Int
  private let weights: PackedWeights

  /// - Parameter values: [depth × 32]: the first column of all rows, then the second, and so on.
  init(_ values: [Float]) {
    precondition(!values.isEmpty && values.count.isMultiple(of: Self.height))
    depth = values.count / Self.height
    weights = PackedWeights([Float](repeating: 0, count: Self.height) + values)
  }

  /// y = x · panelᵀ + `added`, for `count` rows of an arena. Each element of y is one sum, in the order of
  /// the depth, to which the element of `added` comes last; `added` may be y.
  ///
  /// - Parameters:
  ///   - x: [count × depth]
  ///   - y: [count × 32]
  ///   - added: [count × 32]
  func multiply(
    _ count: Int, in arena: Arena, x: Block, y: Block, adding added: Block?, _ kernels: KernelTable
  ) {
    kernels.convolve(
      arena, rows: 1, width: count, inputRows: [x.offset],
      taps: Taps(
        kernelHeight: 1, rowStep: 1, segments: 1, segmentLength: depth, segmentStride: 0,
        pixelStride: x.stride),
      weights: weights, packed: 0, outputs: Self.height, channels: Self.height, y: y.rows,
      residual: added?.rows, activation: .none)
  }

  /// The smallest multiple of a panel's height that is no smaller.
  static func padded(_ count: Int) -> Int { (count + height - 1) / height * height }
}

/// Where rows of numbers lie in an arena, counted in numbers.
struct Block: Sendable {
  var offset: Int
  /// From the beginning of a row to the next one's.
  var stride: Int

  /// From this row and column on.
  func from(row: Int, column: Int) -> Block {
    Block(offset: offset + row * stride + column, stride: stride)
  }

  fileprivate var rows: PixelRows {
    PixelRows(offset: offset, pixelStride: stride, rowStride: 0)
  }
}

extension Arena {
  /// The numbers of a row.
  func row(_ row: Int, of block: Block, count: Int) -> [Float] {
    var values = [Float](repeating: 0, count: count)
    var span = values.mutableSpan
    load(at: block.offset + row * block.stride, into: &span, 0..<count)
    return values
  }

  /// Copies 32 columns of some rows.
  func copy(_ count: Int, from source: Block, to target: Block) {
    for row in 0..<count {
      let values = self.row(row, of: source, count: Panel.height)
      store(values.span, at: target.from(row: row, column: 0).offset)
    }
  }
}
