import Training

/// How well a head does on samples that it wasn't trained on. Nil where no sample was left to measure.
public struct Measurement: Hashable, Sendable {
  /// Samples that were measured; undecodable ones are left out.
  public var samples: Int
  /// Mean over the samples.
  public var loss: Double?
  /// The share that was right, in [0, 1].
  public var accuracy: Double?
  /// The mean of the classes' recalls, in [0, 1].
  public var balancedAccuracy: Double?

  public init(samples: Int, loss: Double?, accuracy: Double?, balancedAccuracy: Double?) {
    self.samples = samples
    self.loss = loss
    self.accuracy = accuracy
    self.balancedAccuracy = balancedAccuracy
  }

  /// From exact sums.
  public init(_ totals: RunningTotals, _ confusion: ConfusionMatrix) {
    self.init(
      samples: totals.samples, loss: totals.meanLoss, accuracy: totals.accuracy,
      balancedAccuracy: confusion.balancedAccuracy)
  }

  /// The members of a test that the progress log writes.
  var testMembers: [JSONValue.Member] {
    func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }
    return [
      .init("test_samples", .integer(samples)), .init("test_loss", optional(loss)),
      .init("test_accuracy", optional(accuracy)),
      .init("test_balanced_accuracy", optional(balancedAccuracy)),
    ]
  }

  /// Nil where there was no test.
  init?(testMembers of: JSONValue) {
    guard let samples = of["test_samples"]?.integer(as: Int.self), samples >= 0 else { return nil }
    self.init(
      samples: samples, loss: of["test_loss"]?.double, accuracy: of["test_accuracy"]?.double,
      balancedAccuracy: of["test_balanced_accuracy"]?.double)
  }
}
