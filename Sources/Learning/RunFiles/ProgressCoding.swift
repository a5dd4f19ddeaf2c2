import Digest

extension ProgressLine {
  /// Longer lines are refused: 65,535 classes of 250 bytes each have room.
  static let byteCountMax = 1 << 24

  /// One JSON object, with a line feed.
  public func encoded() -> [UInt8] {
    let (name, members) = event.encoded
    let shared: [JSONValue.Member] = [
      .init("time", .string("\(time)")),
      .init("event", .string(name)),
      .init("step", .integer(step)),
      .init("epoch", .integer(epoch)),
    ]
    return Array((JSONValue.object(shared + members).encoded + "\n").utf8)
  }

  /// Reads a line without its line feed; nil where it isn't one of a progress log. An event that
  /// isn't known, or lacks a field, is `unknown`.
  public init?(decoding bytes: some Sequence<UInt8>) {
    guard let object = try? JSONValue(decoding: bytes),
      let time = object["time"]?.string.flatMap({ Timestamp($0) }),
      let name = object["event"]?.string, let step = object["step"]?.integer(as: UInt64.self),
      let epoch = object["epoch"]?.integer(as: Int.self), (0..<1 << 31).contains(epoch)
    else { return nil }
    self.init(
      time: time, step: step, epoch: epoch,
      event: ProgressEvent(name: name, members: object) ?? .unknown(name))
  }
}

extension ProgressEvent {
  /// As the log calls it.
  public var name: String { encoded.name }

  fileprivate var encoded: (name: String, members: [JSONValue.Member]) {
    switch self {
    case .start(let start): ("start", start.members)
    case .features(let kept, let needed):
      ("features", [.init("kept", .integer(kept)), .init("needed", .integer(needed))])
    case .workerJoined(let worker, let threads):
      ("worker_joined", [.init("worker", .string(worker)), .init("threads", .integer(threads))])
    case .workerLost(let worker, let reason):
      ("worker_lost", [.init("worker", .string(worker)), .init("reason", .string(reason))])
    case .workerFaulty(let worker, let id, let reason):
      (
        "worker_faulty",
        [
          .init("worker", .string(worker)), .init("id", .string(workerName(id))),
          .init("reason", .string(reason)),
        ]
      )
    case .step(let range): ("step", range.members)
    case .epoch(let result): ("epoch", result.members)
    case .skipped(let skipped): ("skipped", skipped.members)
    case .checkpoint(let file): ("checkpoint", [.init("file", .string(file))])
    case .resume(let fromStep): ("resume", [.init("from_step", .integer(fromStep))])
    case .rollback(let fromStep, let reason):
      ("rollback", [.init("from_step", .integer(fromStep)), .init("reason", .string(reason))])
    case .warning(let message): ("warning", [.init("message", .string(message))])
    case .note(let message): ("note", [.init("message", .string(message))])
    case .finding(let message): ("finding", [.init("message", .string(message))])
    case .finished(let result): ("finished", result.members)
    case .stopped(let message): ("stopped", [.init("message", .string(message))])
    case .unknown(let name): (name, [])
    }
  }

  fileprivate init?(name: String, members: JSONValue) {
    func text(_ name: String) -> String? { members[name]?.string }
    func number<Number: FixedWidthInteger>(_ name: String) -> Number? { members[name]?.integer() }
    switch name {
    case "start":
      guard let start = RunStart(members: members) else { return nil }
      self = .start(start)
    case "features":
      guard let kept: Int = number("kept"), let needed: Int = number("needed") else { return nil }
      self = .features(kept: kept, needed: needed)
    case "worker_joined":
      guard let worker = text("worker"), let threads: Int = number("threads") else { return nil }
      self = .workerJoined(worker: worker, threads: threads)
    case "worker_lost":
      guard let worker = text("worker"), let reason = text("reason") else { return nil }
      self = .workerLost(worker: worker, reason: reason)
    // Logs of earlier builds say `worker_lied`.
    case "worker_faulty", "worker_lied":
      guard let worker = text("worker"),
        let id = text("id").flatMap({ RunFiles.worker(named: $0) }),
        let reason = text("reason")
      else { return nil }
      self = .workerFaulty(worker: worker, id: id, reason: reason)
    case "step":
      guard let range = StepRange(members: members) else { return nil }
      self = .step(range)
    case "epoch":
      guard let result = EpochResult(members: members) else { return nil }
      self = .epoch(result)
    case "skipped":
      guard let skipped = SkippedSamples(members: members) else { return nil }
      self = .skipped(skipped)
    case "checkpoint":
      guard let file = text("file") else { return nil }
      self = .checkpoint(file: file)
    case "resume":
      guard let step: UInt64 = number("from_step") else { return nil }
      self = .resume(fromStep: step)
    case "rollback":
      guard let step: UInt64 = number("from_step"), let reason = text("reason") else { return nil }
      self = .rollback(fromStep: step, reason: reason)
    case "warning":
      guard let message = text("message") else { return nil }
      self = .warning(message)
    case "note":
      guard let message = text("message") else { return nil }
      self = .note(message)
    case "finding":
      guard let message = text("message") else { return nil }
      self = .finding(message)
    case "finished":
      guard let result = RunResult(members: members) else { return nil }
      self = .finished(result)
    case "stopped":
      guard let message = text("message") else { return nil }
      self = .stopped(message)
    default: return nil
    }
  }
}

extension SkippedSamples {
  fileprivate var members: [JSONValue.Member] {
    [
      .init("from_step", .integer(fromStep)), .init("evaluation", .boolean(isEvaluation)),
      .init("samples", .array(samples.map { .integer(Int($0)) })),
    ]
  }

  fileprivate init?(members: JSONValue) {
    guard let fromStep: UInt64 = members["from_step"]?.integer(),
      let isEvaluation = members["evaluation"]?.boolean, let array = members["samples"]?.array
    else { return nil }
    let samples = array.compactMap { $0.integer(as: UInt32.self) }
    guard samples.count == array.count else { return nil }
    self.init(fromStep: fromStep, isEvaluation: isEvaluation, samples: samples)
  }
}

/// A number of samples that can be added up without a thought.
private func sampleCount(_ value: JSONValue?) -> Int? {
  guard let count = value?.integer(as: Int.self), (0...1 << 40).contains(count) else { return nil }
  return count
}

private func optional(_ value: Double?) -> JSONValue { value.map(JSONValue.double) ?? .null }

extension RunStart {
  fileprivate var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("run", .string(run)),
      .init("listen", .string(listen)),
      .init("classes", .array(classes.map(JSONValue.string))),
      .init("training_samples", .integer(trainingSamples)),
      .init("validation_samples", .integer(validationSamples)),
      .init("test_samples", .integer(testSamples)),
      .init("batch_size", .integer(batchSize)),
      .init("epochs", .integer(epochs)),
      .init("steps", .integer(steps)),
      .init("seed", .integer(seed)),
    ]
    members += inputs.members
    if let predecessor { members.append(.init("from", predecessor.json)) }
    if let kernels { members.append(.init("kernels", .string(kernels))) }
    if let minWorkers { members.append(.init("min_workers", .integer(minWorkers))) }
    for (name, classes) in [
      ("unvalidated_classes", unmeasured.unvalidated), ("untested_classes", unmeasured.untested),
    ] where !classes.isEmpty {
      members.append(.init(name, .array(classes.map(JSONValue.string))))
    }
    return members
  }

  fileprivate init?(members of: JSONValue) {
    guard let run = of["run"]?.string, let listen = of["listen"]?.string,
      let names = of["classes"]?.array,
      let training = of["training_samples"]?.integer(as: Int.self),
      let validation = of["validation_samples"]?.integer(as: Int.self),
      let batchSize = of["batch_size"]?.integer(as: Int.self),
      let epochs = of["epochs"]?.integer(as: Int.self),
      let steps = of["steps"]?.integer(as: UInt64.self),
      let seed = of["seed"]?.integer(as: UInt64.self),
      let manifest = of["manifest_sha256"]?.string.flatMap({ ContentDigest(hex: $0) }),
      let backbone = of["backbone_sha256"]?.string.flatMap({ ContentDigest(hex: $0) })
    else { return nil }
    self.init(
      run: run, listen: listen, classes: names.compactMap(\.string), trainingSamples: training,
      validationSamples: validation,
      testSamples: of["test_samples"]?.integer(as: Int.self) ?? 0, batchSize: batchSize,
      epochs: epochs, steps: steps, seed: seed,
      inputs: RunInputs(
        manifest: manifest, backbone: backbone,
        preprocessingVersion: of["preprocessing_version"]?.integer(as: UInt32.self) ?? 0,
        startHead: of["start_head_sha256"]?.string.flatMap { ContentDigest(hex: $0) }),
      predecessor: of["from"].flatMap { Predecessor($0) },
      kernels: of["kernels"]?.string, minWorkers: of["min_workers"]?.integer(as: Int.self),
      unmeasured: UnmeasuredClasses(
        unvalidated: of["unvalidated_classes"]?.array?.compactMap(\.string) ?? [],
        untested: of["untested_classes"]?.array?.compactMap(\.string) ?? []))
  }
}

extension StepRange {
  fileprivate var members: [JSONValue.Member] {
    [
      .init("first", .integer(first)),
      .init("last", .integer(last)),
      .init("samples", .integer(samples)),
      .init("skipped", .integer(skipped)),
      .init("train_loss", optional(trainLoss)),
      .init("images_per_second", optional(imagesPerSecond)),
    ]
  }

  fileprivate init?(members of: JSONValue) {
    guard let first = of["first"]?.integer(as: UInt64.self),
      let last = of["last"]?.integer(as: UInt64.self), first <= last, last < .max,
      let samples = sampleCount(of["samples"]), let skipped = sampleCount(of["skipped"])
    else { return nil }
    self.init(
      first: first, last: last, samples: samples, skipped: skipped,
      trainLoss: of["train_loss"]?.double, imagesPerSecond: of["images_per_second"]?.double)
  }
}

extension EpochResult {
  fileprivate var members: [JSONValue.Member] {
    [.init("samples", .integer(samples)), .init("skipped", .integer(skipped))] + metrics.members
      + [.init("head_sha256", .string("\(head)"))]
  }

  fileprivate init?(members of: JSONValue) {
    guard let samples = sampleCount(of["samples"]), let skipped = sampleCount(of["skipped"]),
      let head = of["head_sha256"]?.string.flatMap({ ContentDigest(hex: $0) })
    else { return nil }
    self.init(samples: samples, skipped: skipped, metrics: EpochMetrics(members: of), head: head)
  }
}

extension RunResult {
  fileprivate var members: [JSONValue.Member] {
    [
      .init("validation_accuracy", optional(validationAccuracy)),
      .init("validation_balanced_accuracy", optional(validationBalancedAccuracy)),
    ] + (test?.testMembers ?? []) + [
      .init("head_sha256", .string("\(head)")),
      .init("seconds", .double(seconds)),
    ]
  }

  fileprivate init?(members of: JSONValue) {
    guard let head = of["head_sha256"]?.string.flatMap({ ContentDigest(hex: $0) }),
      let seconds = of["seconds"]?.double
    else { return nil }
    self.init(
      validationAccuracy: of["validation_accuracy"]?.double,
      validationBalancedAccuracy: of["validation_balanced_accuracy"]?.double,
      test: Measurement(testMembers: of), head: head, seconds: seconds)
  }
}
