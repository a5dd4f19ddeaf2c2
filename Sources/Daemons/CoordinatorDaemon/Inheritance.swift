import Digest
import Extraction
import Manifest
import MobileNet
import RunFiles
import Training

/// What a run has from another: the head that it begins with, and the backbone, whose ranges and scales
/// were taken from the other's photographs. A head's numbers mean something for these features alone.
///
/// A run that begins reads both in the other's folder and keeps them in its own; a run that goes on reads
/// them there, whatever has become of the other.
struct Inheritance {
  let predecessor: Predecessor
  let prepared: PreparedBackbone
  /// What is wrong with newer checkpoints of the other, which were passed over.
  private let passedOver: [String]
  private let origin: Origin

  private enum Origin {
    /// Of another run: a row for each of its classes, and the photographs that it was trained on, itself
    /// or by those before it; nil where that can't be told.
    case other(Head, classes: [String], seen: Set<ContentDigest>?)
    /// Made of it when this run began.
    case own(Head)
  }

  /// Nil for a run that begins by itself, or did.
  ///
  /// - Parameter own: the run's folder
  init?(_ request: CoordinatorRequest, _ own: RunDirectory) throws(CoordinatorError) {
    do throws(RunFilesError) {
      if request.resume != .never {
        let configuration = request.configuration
        guard let predecessor = configuration.predecessor, let inputs = configuration.inputs,
          let startHead = inputs.startHead
        else { return nil }
        self.predecessor = predecessor
        origin = .own(try own.startHead(startHead))
        prepared = try Inheritance.backbone(of: own, configuration, inputs.backbone)
        passedOver = []
      } else {
        guard let start = request.start else { return nil }
        let other = start.directory
        let configuration = try Inheritance.configuration(of: other, for: request.configuration)
        let (checkpoint, skipped) = try other.checkpoint(useBest: start.useBest)
        passedOver = skipped.map { "a newer checkpoint was passed over: \($0)" }
        let head = checkpoint.state.head
        predecessor = Predecessor(
          run: other.name, epoch: checkpoint.epoch, step: checkpoint.state.step, head: head.digest)
        origin = .other(
          head, classes: checkpoint.classes, seen: Inheritance.seen(by: other, configuration))
        prepared = try Inheritance.backbone(of: other, configuration, checkpoint.inputs.backbone)
      }
    } catch {
      throw CoordinatorError(error)
    }
    try checkNetwork(request)
  }

  private static func configuration(
    of other: RunDirectory, for new: RunConfiguration
  ) throws(RunFilesError) -> RunConfiguration {
    guard !other.isInUse else {
      throw RunFilesError(
        .cannotCreate,
        "run '\(other.name)' is still being trained; wait for its end or stop it, then start from it"
      )
    }
    let configuration = try other.configuration()
    try configuration.checkPixels()
    try configuration.checkFeatures(of: new)
    return configuration
  }

  private static func backbone(
    of run: RunDirectory, _ configuration: RunConfiguration, _ digest: ContentDigest
  ) throws(RunFilesError) -> PreparedBackbone {
    let object = try run.backbone(digest, configuration)
    do {
      return try PreparedBackbone(
        object: object, preprocess: configuration.preprocess, depths: configuration.depths)
    } catch {
      throw RunFilesError(.damaged, "\(run.backbonePath): \(error)")
    }
  }

  /// Where a backbone is named, although the run has one, it must be of the same network.
  private func checkNetwork(_ request: CoordinatorRequest) throws(CoordinatorError) {
    guard let path = request.backbonePath else { return }
    let file = try CoordinatorSetup.readBackbone(
      path, inputSize: request.configuration.inputSize)
    guard (try? Backbone.networkDigest(of: prepared.object)) != .sha256(file.bytes) else { return }
    throw CoordinatorError(
      .configuration,
      "\(path) is not the network whose features the head of run '\(predecessor.run)' knows",
      advice:
        "Leave --backbone out, which takes the one that it has, or leave --from out and train from "
        + "the beginning.")
  }

  /// What a run was trained on, and what those were that it began from; nil where it can't be told.
  private static func seen(
    by run: RunDirectory, _ configuration: RunConfiguration
  ) -> Set<ContentDigest>? {
    guard let bytes = try? run.manifest(), let manifest = try? Manifest(decoding: bytes),
      manifest.digest == configuration.inputs?.manifest,
      let split = try? Split(
        manifest, validationFraction: configuration.validation, seed: configuration.seed,
        group: configuration.group)
    else { return nil }
    var seen = Set(split.training.map { manifest.entries[Int($0)].digest })
    if configuration.predecessor != nil {
      guard let before = try? run.startPhotographs() else { return nil }
      seen.formUnion(before)
    }
    return seen
  }

  /// What a run that begins keeps of it; nil for one that goes on, or where it can't be told.
  var photographsToKeep: PhotographList? {
    guard case .other(_, _, let seen?) = origin else { return nil }
    return PhotographList(seen)
  }

  // MARK: The beginning

  /// The head that a run begins with, and what people should know of it.
  struct Beginning {
    let head: Head
    let notes: [String]
    let warnings: [String]
  }

  func beginning(
    _ manifest: Manifest, _ split: Split, _ weights: ClassWeights
  ) throws(CoordinatorError) -> Beginning {
    switch origin {
    case .own(let head): Beginning(head: head, notes: [], warnings: [])
    case .other(let head, let classes, let seen):
      Beginning(
        head: try carry(head, classes, manifest, split, weights),
        notes: notes(from: classes, to: manifest.classes),
        warnings: passedOver + warnings(seen, manifest, split))
    }
  }

  private func carry(
    _ head: Head, _ classes: [String], _ manifest: Manifest, _ split: Split,
    _ weights: ClassWeights
  ) throws(CoordinatorError) -> Head {
    let rows = manifest.classes.map { classes.firstIndex(of: $0) }
    guard rows.contains(where: { $0 != nil }) else {
      throw CoordinatorError(
        .configuration,
        "run '\(predecessor.run)' knows none of these classes, but \(Self.listed(classes))",
        advice: "Classes are matched by their names: rename the folders, or leave --from out.")
    }
    var counts = [Double](repeating: 0, count: rows.count)
    for sample in split.training {
      let label = manifest.entries[Int(sample)].classIndex
      counts[label] += weights.relative.isEmpty ? 1 : Double(weights.relative[label])
    }
    do {
      return try Head(carrying: head, rows: rows, weights: counts)
    } catch {
      throw CoordinatorError(.data, "\(error)", advice: "")
    }
  }

  private func notes(from before: [String], to now: [String]) -> [String] {
    let new = now.filter { !before.contains($0) }
    let gone = before.filter { !now.contains($0) }
    var notes: [String] = []
    if !new.isEmpty {
      notes.append("classes that are new and start at their prior: \(Self.listed(new))")
    }
    if !gone.isEmpty { notes.append("classes that are gone and dropped: \(Self.listed(gone))") }
    return notes
  }

  private func warnings(
    _ seen: Set<ContentDigest>?, _ manifest: Manifest, _ split: Split
  ) -> [String] {
    guard let seen else {
      return [
        "it can't be told which photographs run '\(predecessor.run)' was trained on, since its list of them "
          + "is missing or damaged: where some are now measured on, the accuracy flatters"
      ]
    }
    return [("validation", split.validation), ("test", split.test)].compactMap { name, samples in
      let count = samples.count { seen.contains(manifest.entries[Int($0)].digest) }
      guard count > 0 else { return nil }
      return
        "run '\(predecessor.run)' was trained on \(count) of the \(samples.count) \(name) photographs, so "
        + "that the accuracy may flatter; the same --seed, --validation and --group as there keep them few"
    }
  }

  /// More names than that are no help.
  private static let namesMax = 12

  private static func listed(_ names: [String]) -> String {
    let more = names.count - namesMax
    return names.prefix(namesMax).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}
