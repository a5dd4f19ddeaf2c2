import ClusterCore
import Digest
import Extraction
import Files
import Manifest
import MobileNet
import RunFiles
import Training

/// Checks a run from nothing but its files and its photographs: reads the ledger, computes all
/// features again, trains alone, and compares every claim.
public struct RunVerifier: Sendable {
  private let directory: RunDirectory
  private let configuration: RunConfiguration
  private let manifest: Manifest
  private let backbone: Backbone
  private let folders: DatasetFolders
  private let plan: TrainingPlan
  /// Nil for zeros.
  private let start: Head?
  /// Whether the backbone's ranges and scales are taken as the run's folder keeps them, because this `tl`
  /// prepares the same network otherwise.
  public let takesBackboneAsGiven: Bool

  /// Far beyond any backbone for photographs.
  private static let backboneByteCountMax = 1 << 30

  /// Reads what the run consists of; throws where it isn't what the run was created with.
  ///
  /// - Parameters:
  ///   - source: where the photographs are now.
  ///   - backbonePath: where the ONNX file is now. A run that started from another has its backbone, and
  ///     the head that it began with, from there, and keeps both in its folder: they are taken as given,
  ///     and a file that is named all the same must only be the same network. Nil for none.
  ///   - threads: how many threads read photographs and calibrate.
  public init(
    _ directory: RunDirectory, source: Dataset.Source, backbonePath: String?, threads: Int
  ) throws(InspectionError) {
    self.directory = directory
    configuration = try Self.configuration(directory)
    let split: Split
    do throws(ManifestError) {
      let dataset = try Dataset(reading: source, threads: threads)
      manifest = dataset.manifest
      folders = dataset.folders
      split = try Split(
        manifest, validationFraction: configuration.validation, seed: configuration.seed,
        group: configuration.group)
    } catch {
      throw InspectionError(.data, error.description)
    }
    guard configuration.inputs?.manifest == manifest.digest else {
      throw InspectionError(
        .data,
        "the photographs in \(source.folder) are not those of run '\(directory.name)': some were "
          + "added, removed or changed; name the right folder with --data, and put back what was removed during the run"
      )
    }
    if let inputs = configuration.inputs, let startHead = inputs.startHead {
      (backbone, start) = try Self.inherited(
        directory, configuration, inputs.backbone, startHead, backbonePath: backbonePath)
      takesBackboneAsGiven = true
    } else {
      let file = try Self.onnx(backbonePath ?? configuration.backbone, configuration)
      let prepared = try Self.backbone(file, configuration, manifest, folders, threads: threads)
      let kept =
        prepared.digest == configuration.inputs?.backbone
        ? nil : Self.kept(by: directory, configuration, of: file)
      backbone = kept ?? prepared
      takesBackboneAsGiven = kept != nil
      start = nil
    }
    guard configuration.inputs?.backbone == backbone.digest else {
      throw Self.otherBackbone(directory, configuration)
    }
    plan = TrainingPlan(
      sampleCount: manifest.entries.count, training: split.training, validation: split.validation,
      test: split.test, batchSize: configuration.batchSize, epochs: configuration.epochs,
      variants: configuration.variants, seed: configuration.seed)
  }

  /// That what is made of the file isn't the run's backbone, and what may be the reason.
  private static func otherBackbone(
    _ directory: RunDirectory, _ configuration: RunConfiguration
  ) -> InspectionError {
    let text =
      "the backbone is not the one of run '\(directory.name)'; name the right file with --backbone"
    guard let digest = configuration.inputs?.backbone,
      (try? directory.backbone(digest, configuration)) == nil
    else { return InspectionError(.data, text) }
    return InspectionError(
      .data,
      "\(text). \(directory.backbonePath) is missing or damaged, too: where an earlier tl began the run, which "
        + "rounded otherwise, it has to be put back from a copy")
  }

  private static func configuration(
    _ directory: RunDirectory
  ) throws(InspectionError) -> RunConfiguration {
    do {
      let configuration = try directory.configuration()
      try configuration.checkPixels()
      return configuration
    } catch {
      throw InspectionError(error)
    }
  }

  private static func inherited(
    _ directory: RunDirectory, _ configuration: RunConfiguration, _ digest: ContentDigest,
    _ startHead: ContentDigest, backbonePath: String?
  ) throws(InspectionError) -> (Backbone, Head) {
    do {
      let object = try directory.backbone(digest, configuration)
      if let backbonePath {
        let file = try onnx(backbonePath, configuration)
        guard try Backbone.networkDigest(of: object) == .sha256(file.bytes) else {
          throw InspectionError(
            .data,
            "\(backbonePath) is not the network of run '\(directory.name)'; leave --backbone out")
        }
      }
      return (
        try Backbone(object: object, preprocess: configuration.preprocess),
        try directory.startHead(startHead)
      )
    } catch let error as RunFilesError {
      throw InspectionError(error)
    } catch let error as InspectionError {
      throw error
    } catch {
      throw InspectionError(.data, "\(directory.backbonePath): \(error)")
    }
  }

  /// The file, with what it keeps in others beside it.
  private static func onnx(
    _ path: String, _ configuration: RunConfiguration
  ) throws(InspectionError) -> BackboneFile {
    let file: [UInt8]
    do {
      file = try readFile(path, byteCountMax: backboneByteCountMax)
    } catch {
      throw InspectionError(.inputOutput, "can't read the backbone: \(error)")
    }
    do {
      return try BackboneFile(file, inputSize: configuration.inputSize) { name in
        try? readFile(PathNames.beside(path, name), byteCountMax: backboneByteCountMax)
      }
    } catch {
      throw InspectionError(.data, "the backbone can't be used: \(error)")
    }
  }

  /// The backbone in the run's folder, if it is the run's and of the network in this file.
  private static func kept(
    by directory: RunDirectory, _ configuration: RunConfiguration, of file: BackboneFile
  ) -> Backbone? {
    guard let object = try? directory.backbone(),
      configuration.inputs?.backbone == .sha256(object),
      (try? Backbone.networkDigest(of: object)) == .sha256(file.bytes)
    else { return nil }
    return try? Backbone(object: object, preprocess: configuration.preprocess)
  }

  private static func backbone(
    _ file: BackboneFile, _ configuration: RunConfiguration, _ manifest: Manifest,
    _ folders: DatasetFolders, threads: Int
  ) throws(InspectionError) -> Backbone {
    do {
      let float32 = try PreparedBackbone(
        float32: file.bytes, preprocess: configuration.preprocess, depths: configuration.depths)
      return try PreparedBackbone(
        float32, precision: configuration.precision, calibratingOn: manifest, in: folders,
        fit: configuration.fit, threads: threads
      ) { _, _ in }.backbone
    } catch {
      throw InspectionError(.data, "the backbone can't be used: \(error)")
    }
  }

  /// What the run claims: its ledger, its checkpoints, and lines or files that can't be read.
  private func claims() throws(RunFilesError) -> (Ledger, [CheckpointClaim], [String]) {
    var reader = ProgressReader(path: directory.progressPath)
    let ledger = Ledger(try reader.next())
    var unreadable: [String] = []
    switch reader.unreadableLineCount {
    case 0: break
    case 1: unreadable.append("1 line of the progress log is damaged")
    case let count: unreadable.append("\(count) lines of the progress log are damaged")
    }
    var claims: [CheckpointClaim] = []
    for step in try directory.checkpoints.steps() {
      let path = directory.checkpoints.file(step: step)
      do {
        let checkpoint = try Checkpoint(readingFrom: path)
        claims.append(
          CheckpointClaim(
            file: "step \(step)", step: checkpoint.state.step, head: checkpoint.state.head.digest))
      } catch {
        unreadable.append(error.description)
      }
    }
    return (ledger, claims, unreadable)
  }

  /// What the verification came to.
  public struct Outcome: Sendable {
    public let audit: RunAudit
    /// Files and lines that are damaged.
    public let unreadable: [String]
    /// Photographs that can't be decoded.
    public let undecodableCount: Int

    public var isSound: Bool { audit.isSound && unreadable.isEmpty }
  }

  /// - Parameters:
  ///   - progress: called with the numbers of features that are computed and to be computed.
  ///   - report: called with each verdict.
  public func verify(
    threads: Int, progress: (_ done: Int, _ total: Int) -> Void,
    report: (RunAudit.Verdict) -> Void
  ) throws(InspectionError) -> Outcome {
    let claims: (ledger: Ledger, checkpoints: [CheckpointClaim], unreadable: [String])
    do {
      claims = try self.claims()
    } catch {
      throw InspectionError(error)
    }
    let items = self.items
    let table = try FeatureTable(
      items, of: manifest, in: folders, backbone: backbone, fit: configuration.fit,
      batchSize: plan.batchSize,
      threads: threads
    ) { progress($0, items.count) }
    guard !claims.ledger.hidesSkips || !table.undecodable.isEmpty else {
      throw InspectionError(
        .data,
        "the run skipped photographs, and its log, which an earlier tl wrote, doesn't say which in which steps: "
          + "it can't be verified")
    }
    do throws(TrainingError) {
      let length = try TrainingLength(
        sampleCount: plan.training.count, batchSize: plan.batchSize, epochCount: plan.epochs)
      let labels = manifest.entries.map(\.classIndex)
      let weights = configuration.classWeights.weights(
        counting: plan.training.map { labels[Int($0)] }, of: manifest.classes.count)
      let shape = try HeadShape(
        featureCount: backbone.featureCount, classCount: manifest.classes.count)
      let start = start ?? Head(zero: shape)
      guard start.shape == shape else {
        throw TrainingError.wrongLength(
          name: "starting head", expected: shape.parameterCount,
          found: start.shape.parameterCount)
      }
      let replay = try RunReplay(
        plan: plan, labels: labels, configuration: try configuration.training(weights),
        start: start,
        weights: weights, skips: claims.ledger.skips
      ) { table.features(of: $0) }
      let audit = try RunAudit(
        ledger: claims.ledger, checkpoints: claims.checkpoints, length: length, replay: replay,
        report: report)
      return Outcome(
        audit: audit, unreadable: claims.unreadable, undecodableCount: table.undecodable.count)
    } catch {
      throw InspectionError(.data, "the run can't be trained again: \(error)")
    }
  }

  /// All that an epoch of the run can ask for.
  private var items: [SampleVariant] {
    let variants = UInt16(clamping: min(plan.variants, plan.epochs))
    let training = plan.training.flatMap { sample in
      (0..<variants).map { SampleVariant(sample: sample, variant: $0) }
    }
    return training
      + (plan.validation + plan.test).map { SampleVariant(sample: $0, variant: 0) }
  }
}
