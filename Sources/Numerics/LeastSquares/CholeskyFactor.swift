import Kernels
import Threading

/// The lower triangular L with L · Lᵀ = A, for a symmetric A all of whose eigenvalues are at least some
/// positive number.
///
/// L is found 32 columns at a time, from the left to the right: what the columns so far explain is
/// taken away, then the square on the diagonal is factored, and the rows below it are multiplied with its
/// inverse (Golub and Van Loan, Matrix Computations, 4.2.5 and 4.2.6).
struct CholeskyFactor: Sendable {
  /// 32 rows of L.
  private struct Rows: Sendable {
    /// −L left of the diagonal; nil for the first rows.
    let below: Panel?
    /// The inverse of the square on the diagonal.
    let inverse: Panel
  }

  let order: Int
  private let rows: [Rows]
  private let kernels: KernelTable

  /// - Parameters:
  ///   - matrix: A; it is used up.
  ///   - eigenvalueMin: what no eigenvalue of A is below. No pivot can be either, so that one which is
  ///     comes from rounding, and becomes this number.
  init(
    _ matrix: consuming LowerTriangle, eigenvalueMin: Double, threads: Int, _ kernels: KernelTable
  ) {
    precondition(eigenvalueMin > 0)
    let (order, strips) = (matrix.order, matrix.strips)
    var rows: [Rows] = []
    for first in stride(from: 0, to: order, by: Panel.height) {
      let owner = first / LowerTriangle.stripHeight
      let place = first - strips[owner].firstRow
      let below = first > 0 ? strips[owner].rows(place, depth: first) : nil
      strips[owner].takeAway(below, from: place, count: Panel.height, column: first, kernels)
      let inverse = Panel(
        Self.inverseOfFactor(strips[owner].scratchSquare(place), pivotMin: eigenvalueMin))
      _ = concurrentMap(count: strips.count - owner, threads: threads, name: "factor") { index in
        let strip = strips[owner + index]
        // Of the owner, rows below the square.
        let start = index == 0 ? place + Panel.height : 0
        guard start < strip.count else { return }
        let count = strip.count - start
        strip.takeAway(below, from: start, count: count, column: first, kernels)
        inverse.multiply(
          count, in: strip.arena, x: strip.scratch.from(row: start, column: 0),
          y: strip.matrix.from(row: start, column: first), adding: nil, kernels)
      }
      rows.append(Rows(below: below, inverse: inverse))
    }
    self.order = order
    self.rows = rows
    self.kernels = kernels
  }

  /// Replaces each of `count` rows b by b · L⁻ᵀ, so that the product of two of them is b · A⁻¹ · b'ᵀ.
  ///
  /// - Parameters:
  ///   - block: [count × order]
  ///   - scratch: [count × 32]
  func solve(_ count: Int, in arena: Arena, _ block: Block, scratch: Block) {
    for (place, rows) in rows.enumerated() {
      let here = block.from(row: 0, column: place * Panel.height)
      if let below = rows.below {
        below.multiply(count, in: arena, x: block, y: scratch, adding: here, kernels)
      } else {
        arena.copy(count, from: here, to: scratch)
      }
      rows.inverse.multiply(count, in: arena, x: scratch, y: here, adding: nil, kernels)
    }
  }

  /// Factors a square [32 × 32], of which the lower triangle counts, and gives the inverse of the factor
  /// as a panel: [column × row].
  private static func inverseOfFactor(_ square: [Float], pivotMin: Double) -> [Float] {
    let size = Panel.height
    var factor = square.map { Double($0) }
    for column in 0..<size {
      for row in column..<size {
        var sum = factor[row * size + column]
        for term in 0..<column {
          sum -= factor[row * size + term] * factor[column * size + term]
        }
        factor[row * size + column] =
          row == column
          ? max(sum, pivotMin).squareRoot() : sum / factor[column * size + column]
      }
    }
    var inverse = [Double](repeating: 0, count: size * size)
    for column in 0..<size {
      for row in column..<size {
        var sum = row == column ? 1.0 : 0
        for term in column..<row {
          sum -= factor[row * size + term] * inverse[column * size + term]
        }
        inverse[column * size + row] = sum / factor[row * size + row]
      }
    }
    return inverse.map { Float($0) }
  }
}

extension LowerTriangle.Strip {
  /// 32 rows from column 0 on, with the other sign.
  fileprivate func rows(_ first: Int, depth: Int) -> Panel {
    var values = [Float](repeating: 0, count: depth * Panel.height)
    for place in 0..<Panel.height {
      let row = arena.row(first + place, of: matrix, count: depth)
      for column in 0..<depth { values[column * Panel.height + place] = -row[column] }
    }
    return Panel(values)
  }

  /// Into the scratch space 32 columns of some rows, without what the columns before them explain.
  fileprivate func takeAway(
    _ below: Panel?, from row: Int, count: Int, column: Int, _ kernels: KernelTable
  ) {
    let here = matrix.from(row: row, column: column)
    let target = scratch.from(row: row, column: 0)
    if let below {
      below.multiply(
        count, in: arena, x: matrix.from(row: row, column: 0), y: target, adding: here, kernels)
    } else {
      arena.copy(count, from: here, to: target)
    }
  }

  /// [32 × 32]
  fileprivate func scratchSquare(_ row: Int) -> [Float] {
    (row..<row + Panel.height).flatMap { arena.row($0, of: scratch, count: Panel.height) }
  }
}
