/// How much the samples of each class count in training, beside each other.
///
/// Workers multiply gradients by a class's part of the largest weight, at most 1, so that every bound
/// on sums holds; the trainer makes up for it, as exactly as arithmetic allows, in the optimizer's
/// own constants.
public struct ClassWeights: Hashable, Sendable {
  /// Of each class, in (0, 1], the largest 1; empty where all classes count the same.
  public let relative: [Float]
  /// The largest weight; the mean over the training samples is 1.
  public let largest: Double

  /// All classes count the same.
  public static let none = ClassWeights(relative: [], largest: 1)

  private init(relative: [Float], largest: Double) {
    self.relative = relative
    self.largest = largest
  }

  /// Each class counts as much as each other: samples / (classes · samples of the class), the rule of
  /// scikit-learn's `balanced`. Every class has at least one sample.
  public init(balancing counts: [Int]) {
    precondition(counts.allSatisfy { $0 > 0 }, "a class that is trained has samples")
    let fewest = counts.min() ?? 1
    self.init(
      relative: counts.map { Float(Double(fewest) / Double($0)) },
      largest: Double(counts.reduce(0, +)) / Double(counts.count * fewest))
  }
}
