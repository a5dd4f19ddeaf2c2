import ClusterCore
import Manifest
import MobileNet
import RunFiles
import Training

/// The validation photographs of a run as one head sees them.
struct Judged {
  let head: Head
  /// Fitted on all of them.
  let temperature: Double
  /// Photographs that have no features, and why.
  let missing: [(path: String, reason: String)]
  private let classes: [String]
  private let threads: Int
  private let entries: [Manifest.Entry]
  private let features: [[Float]]
  private let logits: [[Float]]

  private var labels: [Int] { entries.map(\.classIndex) }

  /// - Parameter rows: the features of the run's validation photographs, in the split's order.
  init(
    _ photographs: RunPhotographs, by head: Head, _ rows: [Result<[Float], Classifier.Failure>]
  ) throws(InspectionError) {
    var engine = ShareEngine(shape: head.shape)
    var missing: [(path: String, reason: String)] = []
    var entries: [Manifest.Entry] = []
    var features: [[Float]] = []
    var logits: [[Float]] = []
    for (sample, row) in zip(photographs.split.validation, rows) {
      let entry = photographs.entry(sample)
      switch row {
      case .success(let values):
        do throws(Divergence) {
          logits.append(try engine.logits(head: head, features: values))
        } catch {
          throw InspectionError(.data, "the head can't be used: \(error)")
        }
        features.append(values)
        entries.append(entry)
      case .failure(let failure): missing.append((entry.path, failure.reason))
      }
    }
    self.head = head
    self.missing = missing
    threads = photographs.threads
    classes = photographs.checkpoint.classes
    (self.entries, self.features, self.logits) = (entries, features, logits)
    temperature = Temperature.fitted(logits: logits, labels: entries.map(\.classIndex))
  }

  /// With the temperature.
  func evaluation() -> Evaluation {
    var evaluation = Evaluation(classes: classes, reasonUnknown: nil)
    let answers = answers { _ in temperature }
    for (entry, answer) in zip(entries, answers) {
      evaluation.add(
        Evaluation.Answer(
          path: entry.path, label: entry.classIndex, probabilities: answer.probabilities,
          predicted: answer.predicted, acquaintance: .validation))
    }
    return evaluation
  }

  /// Without a temperature, and with temperatures that were fitted on other answers.
  func reliability() -> (plain: Reliability, calibrated: Reliability) {
    let fitted = Temperature.crossFitted(logits: logits, labels: labels)
    func counted(_ temperature: (Int) -> Double) -> Reliability {
      var reliability = Reliability()
      for (label, answer) in zip(labels, answers(temperature)) {
        reliability.count(
          certainty: Double(answer.probabilities[answer.predicted]),
          isRight: answer.predicted == label, labelProbability: Double(answer.probabilities[label]))
      }
      return reliability
    }
    return (counted { _ in 1 }, counted { fitted[$0] })
  }

  private func answers(
    _ temperature: (_ place: Int) -> Double
  ) -> [(probabilities: [Float], predicted: Int)] {
    var engine = ShareEngine(shape: head.shape)
    return logits.enumerated().map { place, row in
      engine.prediction(logits: row, temperature: temperature(place))
    }
  }

  /// What the photographs' own features have of each class, and the likeness that
  /// `Calibration.acceptedShare` of them reach when they aren't compared with themselves.
  ///
  /// - Returns: nil without photographs.
  func likeness(_ backbone: Backbone) -> (ClassLikeness, least: Double)? {
    let likeness = ClassLikeness(
      of: features.map { backbone.ownFeatures($0) }, labels: labels,
      classCount: classes.count, threads: threads)
    let sorted = likeness.leftOut.sorted()
    let place = Int(Double(sorted.count) * (1 - Calibration.acceptedShare))
    return sorted.indices.contains(place) ? (likeness, sorted[place]) : nil
  }

  var count: Int { entries.count }
}

extension Calibration {
  /// The calibration of a run, for its last head and its best.
  ///
  /// - Parameters:
  ///   - rows: the features of the validation photographs, in the split's order.
  ///   - newest: the same as the newest head sees them.
  init?(
    _ photographs: RunPhotographs, _ rows: [Result<[Float], Classifier.Failure>], _ newest: Judged
  ) throws(InspectionError) {
    let backbone = try photographs.backbone()
    guard let (likeness, least) = newest.likeness(backbone) else {
      return nil
    }
    var temperatures = [
      HeadTemperature(head: newest.head.digest, temperature: newest.temperature)
    ]
    // A best checkpoint that can't be read is told of by whoever wants it.
    if let best = try? photographs.run.checkpoint(useBest: true).checkpoint,
      best.state.head != newest.head
    {
      let judged = try Judged(photographs, by: best.state.head, rows)
      temperatures.append(
        HeadTemperature(head: best.state.head.digest, temperature: judged.temperature))
    }
    self.init(
      backbone: backbone.digest, temperatures: temperatures, likeness: likeness,
      likenessMin: least, sampleCount: newest.count)
  }
}
