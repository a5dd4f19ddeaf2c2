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
  private let entries: [String: Manifest.Entry]
  private let folders: DatasetFolders

  public var classes: [String] { evaluation.classes }

  /// Reads photographs only where their features are kept nowhere.
  ///
  /// - Parameters:
  ///   - features: where their features are taken from.
  ///   - source: where the photographs are now.
  /// - Throws: a run without a checkpoint or a list of its photographs, damaged files of it, and one
  ///   whose photographs another version of the program prepared.
  public init(
    _ run: RunDirectory, features: FeatureSource, source: Dataset.Source, threads: Int
  ) throws(InspectionError) {
    let photographs = try RunPhotographs(run, source: source, threads: threads)
    let (split, manifest) = (photographs.split, photographs.manifest)
    let newest = photographs.checkpoint
    folders = photographs.folders
    let rows = try SampleFeatures(of: split.validation, from: features, photographs).rows
    (evaluation, missing) = try Self.answers(newest, manifest, split.validation, rows)
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

  private static func answers(
    _ checkpoint: Checkpoint, _ manifest: Manifest, _ samples: [SampleIndex],
    _ rows: [Result<[Float], Classifier.Failure>]
  ) throws(InspectionError) -> (Evaluation, [(path: String, reason: String)]) {
    let head = checkpoint.state.head
    var engine = ShareEngine(shape: head.shape)
    var evaluation = Evaluation(classes: checkpoint.classes, reasonUnknown: nil)
    var missing: [(path: String, reason: String)] = []
    for (sample, row) in zip(samples, rows) {
      let entry = manifest.entries[Int(sample)]
      switch row {
      case .success(let features):
        do throws(Divergence) {
          let (probabilities, predicted) = try engine.prediction(head: head, features: features)
          evaluation.add(
            Evaluation.Answer(
              path: entry.path, label: entry.classIndex, probabilities: probabilities,
              predicted: predicted, acquaintance: .validation))
        } catch {
          throw InspectionError(.data, "the head can't be used: \(error)")
        }
      case .failure(let failure): missing.append((entry.path, failure.reason))
      }
    }
    return (evaluation, missing)
  }
}
