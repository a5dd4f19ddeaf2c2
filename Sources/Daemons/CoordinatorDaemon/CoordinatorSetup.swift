import ClusterCore
import DaemonSupport
import Digest
import Extraction
import Files
import Glibc
import Images
import Manifest
import MobileNet
import Monitoring
import RunFiles
import Threading
import Training
import Wire

/// What a run consists of, read and checked before anything is created.
package struct CoordinatorSetup: Sendable {
  let manifest: Manifest
  /// What was taken for what, for people.
  let notes: [String]
  /// What is left out or in doubt, for people.
  let warnings: [Finding.Summary]
  let unmeasured: UnmeasuredClasses
  let photographs: PhotographFiles
  let plan: TrainingPlan
  let training: TrainingConfiguration
  let length: TrainingLength
  let shape: HeadShape
  private let classWeights: ClassWeights
  let prepared: PreparedBackbone
  /// What the run begins with where that isn't zeros.
  let start: Head?
  /// The photographs that it was trained on, to be kept by a run that begins with it.
  private let startPhotographs: PhotographList?
  /// What the coordinator's own probe gave; a worker's must be the same.
  let probe: ContentDigest
  let terms: WorkerTerms

  /// Larger than any backbone for photographs; it bounds what a wrong path makes us read.
  private static let backboneBytesMax = 1 << 30

  /// What to do about a backbone that can't be used, where the reason doesn't say it.
  static func backboneAdvice(besides reason: String) -> String {
    reason.contains(";") ? "" : "give an ONNX file of an image classifier such as MobileNetV2"
  }

  /// - Parameters:
  ///   - before: the photographs that a run which goes on began with, where that is known.
  ///   - backbone: as a run that goes on began with it, where it has that.
  ///   - inheritance: what the run takes over from another; nil for a run that begins by itself.
  init(
    _ request: CoordinatorRequest, before: Manifest?, backbone own: [UInt8]?,
    inheritance: Inheritance?, observer: any RunObserver
  ) throws(CoordinatorError) {
    let configuration = request.configuration
    // Before all photographs are looked through: it is read in a moment.
    let path = request.backbonePath ?? configuration.backbone
    let file =
      inheritance == nil
      ? try CoordinatorSetup.readBackbone(path, inputSize: configuration.inputSize) : nil
    let dataset = try CoordinatorSetup.readDataset(request, before, observer)
    manifest = dataset.manifest
    var warnings =
      Finding.summaries(of: dataset.findings)
      + (dataset.doubts + [dataset.counts.imbalance].compactMap(\.self)).map {
        Finding.Summary(text: $0, findings: [])
      }
    photographs = PhotographFiles(folders: dataset.folders, manifest: manifest)
    var notes = dataset.notes + ["photographs of each class: \(dataset.counts)"]
    if let inheritance {
      prepared = inheritance.prepared
    } else {
      guard let file else { preconditionFailure("it was read above") }
      let choice = BackboneChoice(
        path: path, file: file,
        configuration: configuration, isNewRun: request.resume == .never, own: own,
        cacheFolder: request.cacheFolder, observer: observer)
      prepared = try choice.prepare(manifest, in: dataset.folders)
      notes += choice.notes(on: prepared.backbone)
    }
    let backbone = prepared.backbone
    observer.observe(.preparing(.probe, done: 0, total: 1))
    do throws(ImageError) {
      probe = try Probe.digest(backbone, fit: configuration.fit)
    } catch {
      throw CoordinatorError(.unavailable, "the probe failed: \(error)", advice: "")
    }
    if request.resume == .never { try CoordinatorSetup.checkGroups(configuration.group, manifest) }
    if let groups = try? Grouping(configuration.group).summary(manifest) { notes.append(groups) }
    if let parted = try? Grouping(configuration.group).partedGroups(manifest) {
      warnings.append(Finding.Summary(text: parted, findings: []))
    }
    do {
      let split = try Split(
        manifest, validationFraction: configuration.validation, seed: configuration.seed,
        group: configuration.group)
      func labels(_ samples: [UInt32]) -> [Int] {
        samples.map { dataset.manifest.entries[Int($0)].classIndex }
      }
      unmeasured = UnmeasuredClasses(
        manifest.classes, validation: labels(split.validation), test: labels(split.test))
      warnings += unmeasured.sentences.map { Finding.Summary(text: $0, findings: []) }
      let weights = configuration.classWeights.weights(
        counting: labels(split.training), of: manifest.classes.count)
      classWeights = weights
      training = try configuration.training(weights)
      length = try TrainingLength(
        sampleCount: split.training.count, batchSize: configuration.batchSize,
        epochCount: configuration.epochs)
      shape = try HeadShape(
        featureCount: backbone.featureCount, classCount: manifest.classes.count)
      if let inheritance {
        let beginning = try inheritance.beginning(manifest, split, weights)
        startPhotographs = inheritance.photographsToKeep
        start = beginning.head
        notes += beginning.notes
        warnings += beginning.warnings.map { Finding.Summary(text: $0, findings: []) }
      } else {
        (start, startPhotographs) = (nil, nil)
      }
      plan = TrainingPlan(
        sampleCount: manifest.entries.count, training: split.training,
        validation: split.validation, test: split.test, batchSize: configuration.batchSize,
        epochs: configuration.epochs, variants: configuration.variants, seed: configuration.seed)
    } catch let error as CoordinatorError {
      throw error
    } catch let error as ManifestError {
      throw CoordinatorError(.data, error.description, advice: "")
    } catch {
      throw CoordinatorError(.configuration, "\(error)", advice: "")
    }
    (self.notes, self.warnings) = (notes, warnings)
    guard CoordinatorSetup.fitsMessages(shape) else {
      throw CoordinatorError(
        .data,
        "\(shape.classCount) classes of \(shape.featureCount) features are more than a message "
          + "can carry", advice: "train on fewer classes")
    }
    terms = WorkerTerms(
      manifest: manifest.digest, backbone: backbone.digest,
      normalization: backbone.preprocess.rawValue, preprocessingVersion: Preprocessing.version,
      fit: configuration.fit.rawValue, precision: backbone.precision.rawValue,
      classCount: UInt32(shape.classCount),
      featureCount: UInt32(shape.featureCount),
      labelSmoothing: Float(configuration.labelSmoothing), classWeights: classWeights.relative)
  }

  /// Whether gradient sums and confusion matrices of such a head can be sent.
  package static func fitsMessages(_ shape: HeadShape) -> Bool {
    HeadDimensions(
      classCount: UInt32(shape.classCount), featureCount: UInt32(shape.featureCount)
    ).isValid
  }

  var dimensions: HeadDimensions {
    HeadDimensions(classCount: terms.classCount, featureCount: terms.featureCount)
  }

  var backbone: Backbone { prepared.backbone }

  var inputs: RunInputs {
    RunInputs(manifest: manifest.digest, backbone: backbone.digest, startHead: start?.digest)
  }

  /// A trainer that goes on from a checkpoint, or begins.
  func trainer(_ checkpoint: Checkpoint?) throws(CoordinatorError) -> Trainer {
    guard let checkpoint else {
      return Trainer(configuration: training, length: length, start: start ?? Head(zero: shape))
    }
    do throws(RunFilesError) {
      return try checkpoint.trainer(configuration: training, length: length, shape: shape)
    } catch {
      throw CoordinatorError(error)
    }
  }

  /// What can't be made again once it is lost: what the run took over from another.
  func filesToBeginWith(in directory: RunDirectory) -> [(path: String, content: [UInt8])] {
    guard let start else { return [] }
    let photographs = startPhotographs.map { (directory.startPhotographsPath, $0.encoded) }
    return [
      (directory.startHeadPath, start.safeTensors(classes: manifest.classes)),
      (directory.backbonePath, prepared.object),
    ] + (photographs.map { [$0] } ?? [])
  }

  /// What workers may fetch.
  func objects() -> [ContentDigest: ObjectServer.Source] {
    var objects: [ContentDigest: ObjectServer.Source] = [
      manifest.digest: .memory(manifest.encoded()), backbone.digest: .memory(prepared.object),
    ]
    for (sample, entry) in manifest.entries.enumerated() {
      objects[entry.digest] = .file(
        path: photographs.path(SampleIndex(sample)), byteCount: Int(entry.byteCount))
    }
    return objects
  }

  private static func readDataset(
    _ request: CoordinatorRequest, _ before: Manifest?, _ observer: any RunObserver
  ) throws(CoordinatorError) -> Dataset {
    // Reading waits for the disk more than it computes.
    let threads = max(2, min(16, processorCount))
    let configuration = request.configuration
    let kept = request.cacheFolder.map { KnownContents(folder: $0, source: request.source) }
    let known = kept?.read() ?? []
    do throws(ManifestError) {
      let dataset = try Dataset(
        reading: request.source,
        tolerance: configuration.strictData
          ? .strict : .unusable(shareMax: configuration.undecodableMax),
        decodable: known.union((before?.entries ?? []).map(\.digest)), threads: threads
      ) { progress in
        observer.observe(
          .preparing(
            progress.stage == .reading ? .manifest : .screening, done: progress.filesDone,
            total: progress.filesTotal))
      }
      // Without it the next run decodes again, no more.
      try? kept?.keep(dataset.manifest, known: known)
      try dataset.checkSides()
      return dataset
    } catch {
      throw CoordinatorError(.data, error.description, advice: "")
    }
  }

  /// Of a run that goes on, the groups are what they were.
  private static func checkGroups(
    _ pattern: String, _ manifest: Manifest
  ) throws(CoordinatorError) {
    do throws(ManifestError) {
      try Grouping(pattern).check(manifest)
    } catch {
      throw CoordinatorError(.configuration, error.description, advice: "")
    }
  }

  /// The backbone's file, with what it keeps in others beside it.
  static func readBackbone(
    _ path: String, inputSize: Int
  ) throws(CoordinatorError) -> BackboneFile {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      throw CoordinatorError(
        .data, "cannot read the backbone \(SystemError.last(path))",
        advice: "give --backbone the path of an ONNX file")
    }
    guard let bytes = readBackboneFile(path) else {
      throw CoordinatorError(
        .data, "\(path) can't be read as a backbone", advice: "give --backbone an ONNX file")
    }
    var known: (name: String, bytes: [UInt8]?)?
    do throws(MobileNetError) {
      return try BackboneFile(bytes, inputSize: inputSize) { name in
        // All tensors of a model lie in one file.
        if let known, known.name == name { return known.bytes }
        let file = readBackboneFile(PathNames.beside(path, name))
        known = (name, file)
        return file
      }
    } catch {
      throw CoordinatorError(
        .data, "\(path) can't be used as a backbone: \(error)",
        advice: backboneAdvice(besides: "\(error)"))
    }
  }

  private static func readBackboneFile(_ path: String) -> [UInt8]? {
    var status = stat()
    guard unsafe stat(path, &status) == 0, Int(status.st_size) <= backboneBytesMax,
      status.st_mode & S_IFMT == S_IFREG
    else { return nil }
    return (try? readFile(path, offset: 0, byteCount: Int(status.st_size))) ?? nil
  }
}
