import ClusterCore
import Digest
import Extraction
import Inspection
import Manifest
import MobileNet
import RunFiles
import TestSupport
import Testing
import Training

/// A small run in a folder, made by a replay instead of a cluster.
private struct TestRun: ~Copyable {
  let folder: TemporaryFolder
  let directory: RunDirectory
  let photographs: String
  let backbone: String

  init() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, countPerClass: 6)
    // Undecodable: the file has a JPEG's first bytes and nothing else.
    try folder.write([0xff, 0xd8, 0xff, 0xe0, 0, 16], to: "photographs/amber/broken.jpg")
    let file = TinyModel.onnx(seed: 3)
    let backbone = try folder.write(file, to: "tiny.onnx")
    let directory = try RunDirectory(root: folder.path + "/runs", name: "small")

    var configuration = RunConfiguration()
    configuration.data = photographs
    configuration.backbone = backbone
    configuration.run = "small"
    configuration.epochs = 3
    configuration.batchSize = 5
    configuration.variants = 2
    let dataset = try Dataset(reading: .init(photographs), threads: 1)
    let manifest = dataset.manifest
    let float32 = try PreparedBackbone(
      float32: file, preprocess: .inception, depths: configuration.depths)
    let network = try PreparedBackbone(
      float32, precision: .int8, calibratingOn: manifest, in: dataset.folders,
      fit: configuration.fit
    ) { _, _ in }.backbone
    configuration.inputs = RunInputs(manifest: manifest.digest, backbone: network.digest)
    _ = try directory.create(configuration)
    try TestRun.train(directory, configuration, manifest, network, dataset.folders)
    self.folder = folder
    self.photographs = photographs
    self.backbone = backbone
    self.directory = directory
  }

  /// Writes the log and the checkpoints of a whole training.
  private static func train(
    _ directory: RunDirectory, _ configuration: RunConfiguration, _ manifest: Manifest,
    _ backbone: Backbone, _ folders: DatasetFolders
  ) throws {
    let split = try Split(manifest, validationFraction: 0.3, seed: configuration.seed)
    let plan = TrainingPlan(
      sampleCount: manifest.entries.count, training: split.training, validation: split.validation,
      batchSize: 5, epochs: 3, variants: 2, seed: configuration.seed)
    let items = (0..<plan.sampleCount).flatMap { sample in
      (0..<2).map { SampleVariant(sample: UInt32(sample), variant: $0) }
    }
    let table = try FeatureTable(
      items, of: manifest, in: folders, backbone: backbone, fit: configuration.fit, batchSize: 5,
      threads: 3
    ) { _ in }
    let shape = try HeadShape(
      featureCount: backbone.featureCount, classCount: manifest.classes.count)
    var replay = try RunReplay(
      plan: plan, labels: manifest.entries.map(\.classIndex),
      configuration: configuration.training(), start: Head(zero: shape)
    ) { table.features(of: $0) }
    var log = try ProgressLog(path: directory.progressPath)
    for epoch in 0..<3 {
      let first = replay.step
      repeat { try replay.takeStep() } while !replay.isAtEpochEnd
      let result = try replay.finishEpoch()
      let range = StepRange(
        first: first, last: replay.step - 1, samples: result.samples, skipped: result.skipped,
        trainLoss: nil, imagesPerSecond: nil)
      for event in [ProgressEvent.step(range), .epoch(result)] {
        try log.append(
          ProgressLine(time: .now, step: replay.step, epoch: epoch, event: event))
      }
      let state = TrainerState(
        head: replay.head, slots: [replay.head.parameters, replay.head.parameters], firstPower: 1,
        secondPower: 1, step: replay.step, totals: RunningTotals())
      try directory.checkpoints.save(
        Checkpoint(
          configuration: configuration, classes: manifest.classes, epoch: epoch + 1, state: state))
    }
  }

  func verify() throws -> RunVerifier.Outcome {
    let verifier = try RunVerifier(
      directory, source: .init(photographs), backbonePath: backbone, threads: 2)
    return try verifier.verify(threads: 2) { _, _ in
    } report: { _ in
    }
  }

  func refusal() -> InspectionError? {
    do {
      _ = try verify()
      return nil
    } catch {
      return error as? InspectionError
    }
  }
}

struct RunVerifierTests {
  @Test func `a sound run is sound, for one thread and several`() throws {
    let run = try TestRun()
    let outcome = try run.verify()
    #expect(outcome.isSound)
    #expect(outcome.undecodableCount == 0, "what can't be decoded is no part of the dataset")
    #expect(outcome.audit.verdicts.count == 6)
  }

  @Test func `a damaged checkpoint and a damaged line are told of`() throws {
    let run = try TestRun()
    let step = try #require(run.directory.checkpoints.steps().first)
    let file = "runs/small/checkpoints/step-0000000\(step).safetensors"
    var bytes = try run.folder.read(file)
    bytes[bytes.count - 1] ^= 1
    try run.folder.write(bytes, to: file)
    let log = try run.folder.read("runs/small/progress.jsonl")
    try run.folder.write(Array("damage\n".utf8) + log, to: "runs/small/progress.jsonl")
    let outcome = try run.verify()
    #expect(!outcome.isSound && outcome.audit.isSound && outcome.audit.verdicts.count == 5)
    #expect(outcome.unreadable.count == 2)
    #expect(outcome.unreadable[0] == "1 line of the progress log is damaged")
    #expect(outcome.unreadable[1].contains("safetensors is damaged"))
  }

  @Test func `other photographs and another backbone are refused`() throws {
    let run = try TestRun()
    try run.folder.write(TinyModel.onnx(seed: 4), to: "tiny.onnx")
    #expect(run.refusal()?.code == .data)
    #expect(run.refusal()?.description.contains("backbone is not the one") == true)
    try run.folder.write([1, 2, 3], to: "tiny.onnx")
    #expect(run.refusal()?.description.contains("backbone can't be used") == true)
    try run.folder.write(TinyModel.onnx(seed: 3), to: "tiny.onnx")
    try run.folder.write(tinyPicture(1), to: "photographs/amber/another.bmp")
    #expect(run.refusal()?.description.contains("not those of run 'small'") == true)
    try run.folder.write([], to: "runs/small/config.json")
    #expect(run.refusal()?.code == .configuration)
  }
}
