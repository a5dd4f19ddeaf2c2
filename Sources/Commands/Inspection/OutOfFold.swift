import ClusterCore
import Digest
import RunFiles
import Threading
import Training

/// What heads make of photographs that they weren't trained on, for all photographs of a run: each is
/// judged by a head that was trained, with the run's own options, on those of the other folds.
struct OutOfFold: Sendable {
  /// Of each sample of the manifest the probabilities of the classes; nil where it has no features, or
  /// its class no other photograph.
  let probabilities: [[Float]?]

  /// With ten, each head is trained on nine tenths. Five found as many swapped labels, but for one in
  /// eighty.
  static let foldCount = 10

  /// - Parameters:
  ///   - features: of each sample of the manifest; nil where it has none.
  ///   - progress: told on the caller's thread how many folds are done.
  /// - Throws: a training that diverges.
  init(
    _ photographs: RunPhotographs, _ features: [[Float]?], progress: (_ done: Int) -> Void
  ) throws(InspectionError) {
    let entries = photographs.manifest.entries
    precondition(features.count == entries.count)
    let labels = entries.map(\.classIndex)
    let usable = entries.indices.filter { features[$0] != nil }
    var numbers: [ContentDigest: Int] = [:]
    let contents = usable.map { place in
      let digest = entries[place].digest
      let number = numbers[digest] ?? numbers.count
      numbers[digest] = number
      return number
    }
    let folds = Folds(
      labels: usable.map { labels[$0] }, contents: contents, count: Self.foldCount,
      seed: photographs.configuration.seed)
    let judged = (0..<folds.count).map { fold in
      zip(usable, folds.places).filter { $0.1 == fold }.map { SampleIndex($0.0) }
    }
    let all = Set(usable.map { SampleIndex($0) })
    let answers = try concurrentMap(
      count: folds.count, threads: photographs.threads, name: "folds",
      stackBytes: Classifier.stackBytes, progress: progress
    ) { fold throws(InspectionError) -> [[Float]] in
      guard !judged[fold].isEmpty else { return [] }
      let training = all.subtracting(judged[fold]).sorted()
      do throws(TrainingError) {
        let head = try Self.head(photographs, training, labels, features)
        return try Self.judge(judged[fold], by: head, features)
      } catch {
        throw InspectionError(.data, "a head can't be trained on a part of the run: \(error)")
      }
    }
    var probabilities = [[Float]?](repeating: nil, count: entries.count)
    for (samples, rows) in zip(judged, answers) {
      for (sample, row) in zip(samples, rows) { probabilities[Int(sample)] = row }
    }
    self.probabilities = probabilities
  }

  /// A head that is trained on these samples as the run trained on its own, on plain photographs. It
  /// begins with zeros: a head of another run may have learnt the labels that are to be doubted.
  private static func head(
    _ photographs: RunPhotographs, _ training: [SampleIndex], _ labels: [Int],
    _ features: [[Float]?]
  ) throws(TrainingError) -> Head {
    let configuration = photographs.configuration
    let shape = photographs.checkpoint.state.head.shape
    let weights = configuration.classWeights.weights(
      counting: training.map { labels[Int($0)] }, of: shape.classCount)
    var replay = try RunReplay(
      plan: TrainingPlan(
        sampleCount: labels.count, training: training, validation: [],
        batchSize: configuration.batchSize, epochs: configuration.epochs, seed: configuration.seed),
      labels: labels, configuration: try configuration.training(weights), start: Head(zero: shape),
      weights: weights
    ) { features[Int($0.sample)] }
    while !replay.isFinished {
      try replay.takeStep()
      if replay.isAtEpochEnd { _ = try replay.finishEpoch() }
    }
    return replay.head
  }

  private static func judge(
    _ samples: [SampleIndex], by head: Head, _ features: [[Float]?]
  ) throws(TrainingError) -> [[Float]] {
    var engine = ShareEngine(shape: head.shape)
    var rows: [[Float]] = []
    for sample in samples {
      guard let row = features[Int(sample)] else { preconditionFailure("judged without features") }
      do throws(Divergence) {
        rows.append(try engine.probabilities(head: head, features: row))
      } catch {
        throw .unusableValue(
          name: "a logit", value: "\(error)", allowed: "at most \(Divergence.magnitudeMax)")
      }
    }
    return rows
  }
}
