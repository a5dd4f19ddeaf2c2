import Kernels
import Threading

/// What a linear regression of classes on features says of each sample if that sample isn't among those
/// that it is fitted to.
///
/// The regression is ridge regression of a 1 for a sample's class and a 0 for each other, with an
/// intercept: it minimizes Σ wᵢ ‖f(xᵢ) − yᵢ‖² + λ‖W‖². One solution serves all samples: with hᵢ, the part
/// that a sample's own target has in its value, leaving it out gives yᵢ − (yᵢ − f(xᵢ)) / (1 − hᵢ), exactly
/// (the PRESS residual: Allen, The Relationship between Variable Selection and Data Augmentation and a
/// Method for Prediction, 1974). Copies have the same features and the same label, and are left out
/// together: m of them have m · hᵢ.
///
/// The matrix that is factored is features × features, or samples × samples where those are fewer. Products
/// run in float32 in an order that depends on neither threads nor instruction set, so that every
/// machine gets the same bits.
public struct LeaveOneOut: Sendable {
  private let samples: WeightedSamples
  private let copyCounts: [Int]
  private let system: any RidgeSystem
  /// The system's matrix without λ, and its right sides.
  private let matrix: LowerTriangle
  private let targets: [[Float]]
  private let threads: Int
  private let kernels: KernelTable

  /// Rows that a thread solves at a time: a multiple of seven, which the kernels like, and so few that
  /// rows of some thousand numbers fit a core's own cache.
  private static let batchSize = 56
  /// What is left of 1 − hᵢ at least, where rounding leaves less.
  private static let restMin = 1e-6

  /// - Parameters:
  ///   - features: at least one sample's, all of one length, finite.
  ///   - labels: the class of each sample, below `classCount`.
  ///   - copyCounts: how many samples have each one's features, itself among them.
  ///   - classWeights: positive, how much samples of each class count; empty where all count the same.
  public init(
    features: [[Float]], labels: [Int], copyCounts: [Int], classWeights: [Float] = [],
    classCount: Int, threads: Int, kernels: KernelTable = .best
  ) {
    precondition(copyCounts.count == features.count)
    let samples = WeightedSamples(
      features: features, labels: labels, classWeights: classWeights, classCount: classCount)
    self.samples = samples
    self.copyCounts = copyCounts
    self.threads = threads
    self.kernels = kernels
    system =
      samples.count < samples.featureCount
      ? SampleSystem(samples: samples) : FeatureSystem(samples: samples)
    matrix = system.matrix(threads: threads, kernels)
    targets = system.targets
  }

  /// How much of each class there is in some samples, each left out: [samples][classes], mostly from 0 to
  /// 1; the classes of a sample add up to 1, but for rounding.
  ///
  /// - Parameters:
  ///   - penalty: λ in mean squares of the samples' distances from their mean, positive. Below 10⁻⁸ of the
  ///     number of samples, float32 has too few digits.
  ///   - progress: told on the caller's thread how many samples are done.
  public func scores(
    of places: [Int], penalty: Double, progress: (_ done: Int) -> Void = { _ in }
  ) -> [[Float]] {
    precondition(penalty > 0)
    let trace = matrix.trace
    // Where all features are the same, nothing depends on the penalty.
    let lambda = trace > 0 ? penalty * trace / Double(samples.count) : 1
    let sum = matrix.copy()
    sum.addToDiagonal(Float(lambda))
    let factor = CholeskyFactor(sum, eigenvalueMin: lambda, threads: threads, kernels)
    let classes = Self.panels(of: Self.solved(targets, factor))
    let batches = (places.count + Self.batchSize - 1) / Self.batchSize
    return concurrentMap(
      count: batches, threads: threads, name: "samples",
      progress: { progress(min($0 * Self.batchSize, places.count)) },
      buffers: { Batch(order: factor.order, classPanels: classes.count) }
    ) { [self] batch, buffer in
      let first = batch * Self.batchSize
      let own = places[first..<min(first + Self.batchSize, places.count)]
      buffer.load(own.map { system.row($0) })
      factor.solve(own.count, in: buffer.arena, buffer.rows, scratch: buffer.scratch)
      for (place, panel) in classes.enumerated() {
        panel.multiply(
          own.count, in: buffer.arena, x: buffer.rows,
          y: buffer.products.from(row: 0, column: place * Panel.height), adding: nil, kernels)
      }
      return own.enumerated().map { leftOut($1, buffer.answer($0), lambda) }
    }.flatMap(\.self)
  }

  /// A sample's scores, from what the system says of its row.
  private func leftOut(
    _ sample: Int, _ answer: (square: Double, products: [Float]), _ lambda: Double
  ) -> [Float] {
    let own = system.ownPart(sample, square: answer.square, lambda)
    let rest = max(1 - Double(copyCounts[sample]) * own, Self.restMin)
    return samples.classShares.indices.map { label in
      let residual = system.residual(
        sample, label, product: Double(answer.products[label]), lambda)
      return Float((samples.labels[sample] == label ? 1 : 0) - residual / rest)
    }
  }

  /// Rows b as b · L⁻ᵀ.
  private static func solved(_ rows: [[Float]], _ factor: CholeskyFactor) -> [[Float]] {
    let buffer = Batch(order: factor.order, classPanels: 0)
    return stride(from: 0, to: rows.count, by: batchSize).flatMap { first in
      let part = Array(rows[first..<min(first + batchSize, rows.count)])
      buffer.load(part)
      factor.solve(part.count, in: buffer.arena, buffer.rows, scratch: buffer.scratch)
      return part.indices.map { buffer.arena.row($0, of: buffer.rows, count: factor.order) }
    }
  }

  private static func panels(of rows: [[Float]]) -> [Panel] {
    stride(from: 0, to: rows.count, by: Panel.height).map { first in
      var values = [Float](repeating: 0, count: rows[first].count * Panel.height)
      for place in 0..<min(Panel.height, rows.count - first) {
        for (column, value) in rows[first + place].enumerated() {
          values[column * Panel.height + place] = value
        }
      }
      return Panel(values)
    }
  }

  /// What a thread works in.
  private struct Batch {
    let arena: Arena
    /// [batchSize × order]
    let rows: Block
    /// [batchSize × 32]
    let scratch: Block
    /// [batchSize × classes]
    let products: Block
    private let order: Int

    init(order: Int, classPanels: Int) {
      self.order = order
      // A distance at which rows don't fall into the same lines of a cache.
      rows = Block(offset: 0, stride: order + Packing.group)
      scratch = Block(offset: batchSize * rows.stride, stride: Panel.height)
      products = Block(
        offset: scratch.offset + batchSize * scratch.stride, stride: classPanels * Panel.height)
      arena = Arena(byteCount: 4 * (products.offset + batchSize * products.stride))
    }

    /// The square of a row, and its products with the classes' rows.
    func answer(_ row: Int) -> (square: Double, products: [Float]) {
      let square = arena.row(row, of: rows, count: order)
        .reduce(0.0) { $0 + Double($1) * Double($1) }
      return (square, arena.row(row, of: products, count: products.stride))
    }

    /// Sets rows; 0 beyond what each has.
    func load(_ values: [[Float]]) {
      for (place, row) in values.enumerated() {
        let start = rows.from(row: place, column: 0).offset
        arena.store(row.span, at: start)
        arena.zero(start + row.count..<start + order)
      }
    }
  }
}
