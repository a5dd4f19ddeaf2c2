/// By what logits are divided before they become probabilities, so that of what is said with 80 %
/// certainty 80 % is right.
///
/// A head that is trained until its training samples are all but certain is too certain of others. One
/// number for all classes puts that right and changes no prediction: temperature scaling (Guo et al., On
/// Calibration of Modern Neural Networks, 2017).
public enum Temperature {
  /// Beyond that a head says nothing, or too much.
  public static let range = 1.0 / 16...16.0

  /// More than enough: halving alone finds the inverse to the last bits in as many.
  private static let stepsMax = 60

  /// The temperature of the largest likelihood.
  ///
  /// The loss is convex in β = 1/T. Its derivative is the sum, over samples, of the mean of the logits
  /// under softmax(βz) less that under the target; where it is 0 is found by Newton's method, and by halving
  /// where that leaves the range that is left, in Double and with operations that give the same bits on
  /// every machine. Targets are those of Platt (1999): the label's
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
    /// The derivative at β, and its own.
    func slope(_ beta: Double) -> (value: Double, slope: Double) {
      var (sum, variances) = (-wanted, 0.0)
      for row in logits {
        let moments = moments(of: row, beta)
        sum += moments.mean
        variances += moments.variance
      }
      return (sum, variances)
    }
    var (low, high) = (1 / range.upperBound, 1 / range.lowerBound)
    var beta = 1.0
    for _ in 0..<stepsMax {
      let (value, slope) = slope(beta)
      if value < 0 { low = beta } else { high = beta }
      let newton = beta - value / slope
      let next = newton > low && newton < high ? newton : (low + high) / 2
      // The next step would be the square of this one, or so.
      let isFound = abs(next - beta) <= beta * 0x1p-30 || next == low || next == high
      beta = next
      if isFound { break }
    }
    return 1 / beta
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

  /// The logits' mean and variance under softmax(βz).
  private static func moments(of logits: [Float], _ beta: Double) -> (
    mean: Double, variance: Double
  ) {
    let largest = logits.reduce(-Float.infinity) { max($0, $1) }
    var (total, first, second) = (0.0, 0.0, 0.0)
    for logit in logits {
      // From the largest on, so that little is lost where one squared is taken from the other.
      let distance = Double(logit - largest)
      let weight = ElementaryFunctions.exponential(beta * distance)
      total += weight
      first += weight * distance
      second += weight * distance * distance
    }
    let mean = first / total
    return (Double(largest) + mean, max(second / total - mean * mean, 0))
  }
}
