/// How often samples of each class were taken for each class.
public struct ConfusionMatrix: Equatable, Sendable {
  public let classCount: Int
  /// Row-major [true class × predicted class].
  public private(set) var counts: [Int]

  public init(classCount: Int) {
    precondition(classCount > 0)
    self.classCount = classCount
    counts = Array(repeating: 0, count: classCount * classCount)
  }

  /// Takes over counts from a file or a peer; refuses a wrong number of them, negative ones, and
  /// more than 2⁴⁰ samples.
  public init(classCount: Int, counts: [Int]) throws(TrainingError) {
    guard classCount > 0, counts.count == classCount * classCount else {
      throw .wrongLength(
        name: "confusion matrix", expected: classCount * classCount, found: counts.count)
    }
    var total = 0
    for count in counts {
      guard (0...1 << 40).contains(count), total + count <= 1 << 40 else {
        throw .unusableValue(
          name: "a count of the confusion matrix", value: "\(count)", allowed: "0 to 2^40 in all")
      }
      total += count
    }
    self.classCount = classCount
    self.counts = counts
  }

  public subscript(label label: Int, predicted predicted: Int) -> Int {
    precondition((0..<classCount).contains(label) && (0..<classCount).contains(predicted))
    return counts[label * classCount + predicted]
  }

  public mutating func count(label: Int, predicted: Int) {
    precondition((0..<classCount).contains(label) && (0..<classCount).contains(predicted))
    counts[label * classCount + predicted] += 1
  }

  public static func += (left: inout Self, right: Self) {
    precondition(left.classCount == right.classCount)
    for index in left.counts.indices { left.counts[index] += right.counts[index] }
  }

  public var sampleCount: Int { counts.reduce(0, +) }

  public var correct: Int { (0..<classCount).reduce(0) { $0 + self[label: $1, predicted: $1] } }

  /// The share of samples that were right, in [0, 1], or nil without samples.
  public var accuracy: Double? {
    let sampleCount = sampleCount
    return sampleCount == 0 ? nil : Double(correct) / Double(sampleCount)
  }

  /// Samples of a class.
  public func sampleCount(of label: Int) -> Int {
    (0..<classCount).reduce(0) { $0 + self[label: label, predicted: $1] }
  }

  /// Of the samples of a class, the share that was recognized; nil where there are none.
  public func recall(of label: Int) -> Double? {
    let row = sampleCount(of: label)
    return row == 0 ? nil : Double(self[label: label, predicted: label]) / Double(row)
  }

  /// Of the samples taken for a class, the share that belongs to it; nil where there are none.
  public func precision(of label: Int) -> Double? {
    let column = (0..<classCount).reduce(0) { $0 + self[label: $1, predicted: label] }
    return column == 0 ? nil : Double(self[label: label, predicted: label]) / Double(column)
  }

  /// The harmonic mean of precision and recall; nil where both are unknown.
  public func f1(of label: Int) -> Double? {
    let precision = precision(of: label)
    let recall = recall(of: label)
    guard precision != nil || recall != nil else { return nil }
    let (p, r) = (precision ?? 0, recall ?? 0)
    return p + r == 0 ? 0 : 2 * p * r / (p + r)
  }

  /// The mean of the classes' recalls, in which each class weighs the same however many samples it
  /// has; nil without samples. Classes without samples are left out of this and of the other means.
  public var balancedAccuracy: Double? { mean { recall(of: $0) } }

  /// The mean of the classes' precisions, 0 for a class that nothing was taken for; nil without
  /// samples.
  public var macroPrecision: Double? { mean { precision(of: $0) ?? 0 } }

  /// The mean of the classes' F1; nil without samples.
  public var macroF1: Double? { mean { f1(of: $0) } }

  private func mean(_ value: (Int) -> Double?) -> Double? {
    let values = (0..<classCount).filter { sampleCount(of: $0) > 0 }.compactMap(value)
    return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }
}
