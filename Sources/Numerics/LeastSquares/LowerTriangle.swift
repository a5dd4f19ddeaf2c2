import Kernels
import Threading

/// The lower triangle of a symmetric matrix, in strips of rows: each strip is the work of one thread at
/// a time, and what a thread does doesn't depend on the others.
struct LowerTriangle: Sendable {
  /// Some rows, from column 0 to the end of the square on the diagonal.
  ///
  /// Unsafe only where two threads had the same strip: `concurrentMap` gives each index to one.
  @safe struct Strip: @unchecked Sendable {
    let firstRow: Int
    let count: Int
    let arena: Arena
    /// [count × (firstRow + count)]
    let matrix: Block
    /// [count × depthMax], where products are taken from.
    let operand: Block
    /// [count × 32]
    let scratch: Block

    init(firstRow: Int, count: Int) {
      self.firstRow = firstRow
      self.count = count
      let columns = firstRow + count
      matrix = Block(offset: 0, stride: columns + LowerTriangle.gap)
      operand = Block(
        offset: count * matrix.stride, stride: LowerTriangle.depthMax + LowerTriangle.gap)
      scratch = Block(offset: operand.offset + count * operand.stride, stride: Panel.height)
      arena = Arena(byteCount: 4 * (scratch.offset + count * scratch.stride))
    }
  }

  /// Seven panels; tiles of seven rows are what the kernels like best.
  static let stripHeight = 7 * Panel.height
  /// The terms that products add at a time. A strip's operand then fits a core's own cache.
  static let depthMax = 512
  /// Keeps rows from lying at distances that fall into the same lines of a cache.
  private static let gap = Packing.group

  /// A multiple of a panel's height.
  let order: Int
  let strips: [Strip]

  /// Zeros.
  ///
  /// - Parameter order: rows and columns; more are added up to the next multiple of 32.
  init(order: Int) {
    self.order = Panel.padded(order)
    let (order, height) = (self.order, Self.stripHeight)
    strips = stride(from: 0, to: order, by: height).map {
      Strip(firstRow: $0, count: min(height, order - $0))
    }
  }

  /// Another one with the same numbers.
  func copy() -> LowerTriangle {
    let copy = LowerTriangle(order: order)
    for (from, to) in zip(strips, copy.strips) {
      for row in 0..<from.count {
        let values = from.arena.row(row, of: from.matrix, count: from.firstRow + from.count)
        to.arena.store(values.span, at: to.matrix.from(row: row, column: 0).offset)
      }
    }
    return copy
  }

  /// Adds X · Xᵀ, where X is [order × depth].
  ///
  /// Sums run in float32, over the terms of a block first: that keeps what rounding adds up to small.
  ///
  /// - Parameter columns: 32 rows of X, from the one that is named on, in these columns, as `Panel.init`
  ///   wants them; 0 beyond the matrix.
  func addProduct(
    depth: Int, threads: Int, _ kernels: KernelTable,
    columns: @escaping @Sendable (_ firstRow: Int, _ depth: Range<Int>) -> [Float]
  ) {
    for start in stride(from: 0, to: depth, by: Self.depthMax) {
      let range = start..<min(start + Self.depthMax, depth)
      let panels = concurrentMap(
        count: order / Panel.height, threads: threads, name: "panels"
      ) { Panel(columns($0 * Panel.height, range)) }
      // The longest first, so that threads end together.
      _ = concurrentMap(count: strips.count, threads: threads, name: "products") { index in
        let strip = strips[strips.count - 1 - index]
        for first in stride(from: 0, to: strip.count, by: Panel.height) {
          strip.setOperand(first, columns(strip.firstRow + first, range), depth: range.count)
        }
        for (place, panel) in panels.enumerated() {
          let column = place * Panel.height
          guard column < strip.firstRow + strip.count else { break }
          let y = strip.matrix.from(row: 0, column: column)
          panel.multiply(
            strip.count, in: strip.arena, x: strip.operand, y: y, adding: y, kernels)
        }
      }
    }
  }

  /// Adds a number to the diagonal; where the matrix was padded as well.
  func addToDiagonal(_ value: Float) {
    for strip in strips {
      for row in 0..<strip.count {
        let column = strip.firstRow + row
        let old = strip.arena.row(row, of: strip.matrix.from(row: 0, column: column), count: 1)[0]
        strip.arena.store(
          old + value, at: strip.matrix.from(row: row, column: column).offset)
      }
    }
  }

  /// The sum of the diagonal.
  var trace: Double {
    strips.reduce(0) { sum, strip in
      (0..<strip.count).reduce(sum) { sum, row in
        let diagonal = strip.matrix.from(row: row, column: strip.firstRow + row)
        return sum + Double(strip.arena.row(0, of: diagonal, count: 1)[0])
      }
    }
  }
}

extension LowerTriangle.Strip {
  /// Rows of the operand, from [depth × 32] values.
  fileprivate func setOperand(_ firstRow: Int, _ values: [Float], depth: Int) {
    var row = [Float](repeating: 0, count: depth)
    for place in 0..<Panel.height {
      for term in 0..<depth { row[term] = values[term * Panel.height + place] }
      arena.store(row.span, at: operand.from(row: firstRow + place, column: 0).offset)
    }
  }
}
