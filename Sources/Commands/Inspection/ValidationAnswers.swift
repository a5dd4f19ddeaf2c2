import ClusterCore
import Digest
import Manifest
import RunFiles
import Training

/// What the newest head of a run makes of the photographs that the run validates with: what its
/// evaluation counted, photograph by photograph.
public struct ValidationAnswers: Sendable {
  public let evaluation: Evaluation
  /// Photographs of each class that are trained on.
  public let trainingCounts: [Int]
  /// Photographs that have no answer, and why.
  public let missing: [(path: String, reason: String)]
  /// Steps complete, and epochs, of the head.
  public let step: UInt64
  public let epoch: Int
  public let head: ContentDigest
  /// By what its logits are divided before they become probabilities.
  public let temperature: Double
  /// How well the certainty of answers fits, without a temperature and with one that was fitted on other
  /// answers.
  public let reliability: (plain: Reliability, calibrated: Reliability)
  /// Nil where none was asked for, or there are no answers to make it from.
  public let calibration: Calibration?
  private let entries: [String: Manifest.Entry]
  private let folders: DatasetFolders

  public var classes: [String] { evaluation.classes }

  /// Reads photographs only where their features are kept nowhere.
  ///
  /// - Parameters:
  ///   - features: where their features are taken from.
  ///   - source: where the photographs are now.
  ///   - calibrates: whether to make the run's calibration from them.
  /// - Throws: a run without a checkpoint or a list of its photographs, damaged files of it, and one
  ///   whose photographs another version of the program prepared.
  public init(
    _ run: RunDirectory, features: FeatureSource, source: Dataset.Source, threads: Int,
    calibrates: Bool = false
  ) throws(InspectionError) {
    let photographs = try RunPhotographs(run, source: source, threads: threads)
    let (split, manifest) = (photographs.split, photographs.manifest)
    let newest = photographs.checkpoint
    folders = photographs.folders
    let rows = try SampleFeatures(of: split.validation, from: features, photographs).rows
    let judged = try Judged(photographs, by: newest.state.head, rows)
    temperature = judged.temperature
    reliability = judged.reliability()
    (evaluation, missing) = (judged.evaluation(), judged.missing)
    calibration = calibrates ? try Calibration(photographs, rows, judged) : nil
    entries = Dictionary(
      split.validation.map { sample in
        let entry = manifest.entries[Int(sample)]
        return (entry.path, entry)
      }, uniquingKeysWith: { first, _ in first })
    var counts = Array(repeating: 0, count: manifest.classes.count)
    for sample in split.training { counts[manifest.entries[Int(sample)].classIndex] += 1 }
    trainingCounts = counts
    (step, epoch) = (newest.state.step, newest.epoch)
    head = newest.state.head.digest
  }

  /// The photograph of an answer as a file; nil where it has gone or changed since.
  public func photograph(of answer: Evaluation.Answer) -> [UInt8]? {
    entries[answer.path].flatMap { try? $0.read(in: folders) }
  }

  /// The answers but for those of photographs with the same content as an earlier one.
  public var distinct: [Evaluation.Answer] {
    var seen: Set<ContentDigest> = []
    return evaluation.answers.filter { answer in
      entries[answer.path].map { seen.insert($0.digest).inserted } ?? false
    }
  }
}
