import Digest
import LeastSquares
import Training

/// What all other photographs of a run make of each: the probabilities of the classes, by a regression on
/// the run's features that doesn't know the photograph, nor copies of it.
///
/// It isn't the run's own head, which has learnt the labels that are to be doubted. Among the first of
/// the list it puts more wrong labels than heads that are trained on the other photographs
/// (docs/BENCHMARKS.md), in a fraction of the time.
struct LeftOut: Sendable {
  /// Of each sample of the manifest the probabilities of the classes; nil where it has no features, or its
  /// class no other photograph.
  let probabilities: [[Float]?]

  /// Penalties that are tried, from the largest on until the log loss of samples that are left out rises.
  /// Many photographs want a smaller one.
  private static let penalties = [1, 0.1, 0.01]
  /// So many samples tell one penalty from another.
  private static let trialCountMax = 1_024
  /// Scores are estimates of probabilities, with errors of about this size: what is below says no more.
  private static let scoreMin: Float = 0.01

  /// - Parameters:
  ///   - features: of each sample of the manifest; nil where it has none, but not for all.
  ///   - progress: told on the caller's thread how many samples of how many are judged.
  init(
    _ photographs: RunPhotographs, _ features: [[Float]?],
    progress: (_ done: Int, _ total: Int) -> Void
  ) {
    let entries = photographs.manifest.entries
    precondition(features.count == entries.count)
    let usable = entries.indices.filter { features[$0] != nil }
    let labels = usable.map { entries[$0].classIndex }
    let shape = photographs.checkpoint.state.head.shape
    let classCount = shape.classCount
    var copies: [ContentDigest: Int] = [:]
    for place in usable { copies[entries[place].digest, default: 0] += 1 }
    let copyCounts = usable.map { copies[entries[$0].digest] ?? 1 }
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[label] += 1 }
    // Classes whose photographs have all gone are counted as one.
    let weights = photographs.configuration.classWeights.weights(
      counting: labels + counts.indices.filter { counts[$0] == 0 }, of: classCount)
    let regression = LeaveOneOut(
      features: usable.compactMap { features[$0] }, labels: labels, copyCounts: copyCounts,
      classWeights: weights.relative, classCount: classCount, threads: photographs.threads)
    let judged = labels.indices.filter { copyCounts[$0] < counts[labels[$0]] }
    let logits = Self.logits(
      regression.scores(
        of: judged, penalty: Self.penalty(regression, judged, labels, shape)
      ) { progress($0, judged.count) })
    let temperature = Temperature.fitted(logits: logits, labels: judged.map { labels[$0] })
    var engine = ShareEngine(shape: shape)
    var probabilities = [[Float]?](repeating: nil, count: entries.count)
    for (place, row) in zip(judged, logits) {
      probabilities[usable[place]] =
        engine.prediction(logits: row, temperature: temperature).probabilities
    }
    self.probabilities = probabilities
  }

  /// Of scores, so that a temperature raises them to one power and their sum becomes 1: the noise of many
  /// classes without evidence counts less that way, and what is wholly unlike its label comes before what
  /// is between two classes. A softmax of the scores themselves can't tell those two from each other.
  private static func logits(_ scores: [[Float]]) -> [[Float]] {
    scores.map { row in
      row.map { Float(ElementaryFunctions.logarithm(Double(max($0, scoreMin)))) }
    }
  }

  private static func penalty(
    _ regression: LeaveOneOut, _ judged: [Int], _ labels: [Int], _ shape: HeadShape
  ) -> Double {
    let step = max(1, (judged.count + trialCountMax - 1) / trialCountMax)
    let places = stride(from: 0, to: judged.count, by: step).map { judged[$0] }
    let own = places.map { labels[$0] }
    var engine = ShareEngine(shape: shape)
    var best = (penalty: penalties[0], loss: Double.infinity)
    for penalty in penalties {
      let logits = logits(regression.scores(of: places, penalty: penalty))
      let temperature = Temperature.fitted(logits: logits, labels: own)
      var reliability = Reliability()
      for (row, label) in zip(logits, own) {
        let (probabilities, seen) = engine.prediction(logits: row, temperature: temperature)
        reliability.count(
          certainty: Double(probabilities[seen]), isRight: seen == label,
          labelProbability: Double(probabilities[label]))
      }
      guard let loss = reliability.meanLoss, loss < best.loss else { break }
      best = (penalty, loss)
    }
    return best.penalty
  }
}
