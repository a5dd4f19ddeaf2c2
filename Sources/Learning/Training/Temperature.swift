/// By what logits are divided before they become probabilities, so that of what is said with 80 %
/// certainty 80 % is right.
///
/// A head that is trained until its training samples are all but certain is too certain of others. One
/// number for all classes puts that right and changes no prediction: temperature scaling (Guo et al., On
/// Calibration of Modern Neural Networks, 2017).
public enum Temperature {
  /// Beyond that a head says nothing, or too much.
  public static let range = 1.0 / 16...16.0

  /// Halvings of the range of the inverse, after which it is known to the last bits.
  private static let halvings = 60

  /// The temperature of the largest likelihood.
  ///
  /// The loss is convex in β = 1/T. Its derivative is the sum, over samples, of the mean of the logits
  /// under softmax(βz) less that under the target; where it is 0 is found by bisection, in Double and with
  /// operations that give the same bits on every machine. Targets are those of Platt (1999): the label's
  /// is (n + 1)/(n + 2), so that a few samples that are all right don't make it certain of everything.
  ///
  /// - Parameters:
  ///   - logits: [classes] for each sample, all of one length, all finite.
  ///   - labels: the class of each.
  /// - Returns: within `range`; 1 without samples.
  public static func fitted(logits: [[Float]], labels: [Int]) -> Double {
    precondition(logits.count == labels.count)
    guard let classCount = logits.first?.count, classCount > 1 else { return 1 }
    let count = Double(labels.count)
    let labelTarget = (count + 1) / (count + 2)
    let otherTarget = (1 - labelTarget) / Double(classCount - 1)
    var wanted = 0.0
    for (row, label) in zip(logits, labels) {
      for (place, logit) in row.enumerated() {
        wanted += (place == label ? labelTarget : otherTarget) * Double(logit)
      }
    }
    func derivative(_ beta: Double) -> Double {
      logits.reduce(0) { $0 + mean(of: $1, beta) } - wanted
    }
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    for _ in 0..<halvings {
      let middle = (low + high) / 2
      if derivative(middle) < 0 { low = middle } else { high = middle }
    }
    return 1 / ((low + high) / 2)
  }

  /// Temperatures that know nothing of the sample they are for: those of each half of the samples, every
  /// other one, fitted on the other half. They tell how well a temperature serves.
  public static func crossFitted(logits: [[Float]], labels: [Int]) -> [Double] {
    let halves = (0..<2).map { half in
      let others = logits.indices.filter { $0 % 2 != half }
      return fitted(logits: others.map { logits[$0] }, labels: others.map { labels[$0] })
    }
    return logits.indices.map { halves[$0 % 2] }
  }

  /// The logits' mean under softmax(βz).
  private static func mean(of logits: [Float], _ beta: Double) -> Double {
    let largest = logits.reduce(-Float.infinity) { max($0, $1) }
    var (total, weighted) = (0.0, 0.0)
    for logit in logits {
      let weight = ElementaryFunctions.exponential(beta * Double(logit - largest))
      total += weight
      weighted += weight * Double(logit)
    }
    return weighted / total
  }
}
