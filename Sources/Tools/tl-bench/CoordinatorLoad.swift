import ClusterCore
import ClusterShell
import CommandLine
import Digest
import Foundation
import Training
import Wire

/// What one coordinator can do, without sockets, files and photographs: its core, its shell with the
/// arithmetic, and the messages, for workers that answer at once.
let coordinatorBenchmark = Benchmark(
  Command(
    "coordinator", "measures what steps and memory cost a coordinator alone",
    groups: [
      OptionGroup(
        "Coordinator",
        [
          loadWorkersOption.declaration, loadSamplesOption.declaration,
          loadBatchOption.declaration, loadFeaturesOption.declaration,
          loadClassesOption.declaration, secondsOption.declaration, jsonOption.declaration,
        ])
    ],
    notes: [
      "All features are there from the start, a row of its own for each sample. Times are of the",
      "processor, so that others who want it don't count.",
    ])
) { settings in
  let scene = try LoadScene(
    workers: settings[loadWorkersOption], samples: settings[loadSamplesOption],
    batchSize: settings[loadBatchOption], featureCount: settings[loadFeaturesOption],
    classCount: settings[loadClassesOption])
  let seconds = settings[secondsOption]
  var report = Report()
  report.add("workers", scene.workers)
  report.add("samples", scene.plan.sampleCount)
  report.add("batch_size", scene.plan.batchSize)
  report.add("parameters", scene.shape.parameterCount)

  let memoryBefore = residentByteCount()
  let start = processorSeconds()
  var core = scene.driver(LoadedCore(scene.core()))
  report.add("core_start_ms", (processorSeconds() - start) * 1e3)
  report.add(
    "core_bytes_per_sample",
    Double(residentByteCount() - memoryBefore) / Double(scene.plan.sampleCount), decimals: 1)
  report.add("core_join_us_per_worker", core.join() * 1e6 / Double(scene.workers), decimals: 2)
  let coreTime = core.step(seconds: seconds)
  report.add("shares_per_step", coreTime.sharesPerStep)
  report.add("core_us_per_step", coreTime.perStep * 1e6)
  report.add("core_us_per_tick", coreTime.perTick * 1e6)

  let memoryOfCore = residentByteCount()
  let rows = scene.rows()
  report.add(
    "features_bytes_per_sample",
    Double(residentByteCount() - memoryOfCore) / Double(scene.plan.sampleCount), decimals: 0)
  var shell = scene.driver(LoadedShell(try scene.shell(rows)))
  _ = shell.join()
  report.add("shell_us_per_step", shell.step(seconds: seconds).perStep * 1e6)
  report.add("messages_us_per_share", try scene.messageSeconds(seconds: seconds) * 1e6)
  return report
}

private let loadWorkersOption = Option(
  "workers", .integer(1...Limits.workersMax), default: 1_000, "workers")
private let loadSamplesOption = Option(
  "samples", .integer(1...1 << 24), default: 100_000, "samples to train on")
private let loadBatchOption = Option(
  "batch-size", .integer(1...1 << 16), default: 4_096, "samples of a step")
private let loadFeaturesOption = Option(
  "features", .integer(1...16_384), default: 1_280, "features of a sample")
private let loadClassesOption = Option(
  "classes", .integer(2...4_096), default: 5, "classes of the head")

/// The memory that this process has in use.
private func residentByteCount() -> Int {
  // In pages: the size, the resident part, and more.
  let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
  let fields = text.split(separator: " ")
  return fields.count > 1 ? (Int(fields[1]) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) : 0
}

/// What such a benchmark is about.
private struct LoadScene {
  let workers: Int
  let shape: HeadShape
  let plan: TrainingPlan
  let terms: WorkerTerms
  let probe = ContentDigest.sha256([1])
  /// What every share is answered with.
  let sums: [Int64]

  init(workers: Int, samples: Int, batchSize: Int, featureCount: Int, classCount: Int) throws {
    self.workers = workers
    shape = try HeadShape(featureCount: featureCount, classCount: classCount)
    plan = TrainingPlan(
      sampleCount: samples, training: (0..<SampleIndex(samples)).map { $0 }, validation: [],
      batchSize: batchSize, epochs: 100_000, seed: 1)
    terms = WorkerTerms(
      manifest: .sha256([1]), backbone: .sha256([2]), normalization: "inception",
      preprocessingVersion: 1, fit: "crop", precision: "fp32", classCount: UInt32(classCount),
      featureCount: UInt32(featureCount), labelSmoothing: 0)
    sums = Array(repeating: 1, count: shape.parameterCount)
  }

  func core() -> Coordinator {
    Coordinator(
      plan: plan, policy: CoordinatorPolicy(workersMin: workers),
      incarnation: Incarnation(high: 1, low: 1), terms: terms, probe: probe,
      kept: plan.training.map {
        KeptFeatures(item: SampleVariant(sample: $0, variant: 0), source: WorkerID(number: 1))
      }, at: Instant(nanoseconds: 0))
  }

  func rows() -> [SampleVariant: [Float]] {
    var rows: [SampleVariant: [Float]] = [:]
    rows.reserveCapacity(plan.sampleCount)
    for sample in plan.training {
      // Each is memory of its own.
      rows[SampleVariant(sample: sample, variant: 0)] = Array(
        repeating: Float(sample % 5), count: shape.featureCount)
    }
    return rows
  }

  func shell(_ rows: [SampleVariant: [Float]]) throws -> CoordinatorShell {
    CoordinatorShell(
      core: core(),
      trainer: Trainer(
        configuration: try TrainingConfiguration(),
        length: try TrainingLength(
          sampleCount: plan.sampleCount, batchSize: plan.batchSize, epochCount: plan.epochs),
        shape: shape),
      labels: Array(repeating: 0, count: plan.sampleCount), objective: Objective(terms),
      kept: rows)
  }

  func driver<Loaded: LoadedCoordinator>(_ coordinator: Loaded) -> LoadDriver<Loaded> {
    LoadDriver(coordinator, workers: workers, stepsPerEpoch: plan.stepsPerEpoch, sums: sums) {
      _, envelope in
      switch envelope.message {
      case .welcome: .joined(Joined(probe: probe))
      case .lease(let lease): lease.withFeatures ? nil : .features(Features(item: lease.item))
      case .step(let share):
        .gradientSum(
          GradientAnswer(
            share: share.id, count: UInt32(share.samples.count), correct: 0, lossSum: 0))
      case .refuse, .revoke, .evaluate, .heartbeat, .finished, .statusReply: nil
      }
    }
  }

  /// What the two messages of a share take: the question encoded, the answer decoded and checked.
  func messageSeconds(seconds: Double) throws -> Double {
    let count = max(1, plan.batchSize / min(workers, plan.batchSize))
    let share = Share(
      id: ShareID(incarnation: Incarnation(high: 1, low: 1), step: 1, number: 1), variant: 0,
      samples: Array(plan.training.prefix(min(count, Limits.samplesPerListMax))))
    let incarnation = Incarnation(high: 1, low: 1)
    let answer = Envelope(
      incarnation: incarnation, session: Session(number: 1),
      message: WorkerMessage.gradientSum(
        GradientAnswer(
          share: share.id, count: UInt32(share.samples.count), correct: 0, lossSum: 0)))
    let (control, tensor) = (answer.encoded(), TensorFrame.bytes(sums))
    let reader = WorkerMessageReader(
      dimensions: HeadDimensions(classCount: terms.classCount, featureCount: terms.featureCount),
      sampleCount: plan.sampleCount,
      featureLimit: FeatureBound.limit(batchSize: plan.batchSize))
    var rounds = 0
    let start = processorSeconds()
    // unsafe: any bytes may be decoded.
    while processorSeconds() - start < seconds {
      let question = Envelope(
        incarnation: incarnation, session: Session(number: 1),
        message: CoordinatorMessage.step(share))
      precondition(!question.encoded().isEmpty)
      let envelope = try unsafe reader.envelope(control.span.bytes)
      _ = try unsafe reader.tensor(of: envelope.message, tensor.span.bytes)
      rounds += 1
    }
    return (processorSeconds() - start) / Double(rounds)
  }
}
