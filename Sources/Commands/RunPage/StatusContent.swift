import CommandLine
import Monitoring
import RunDisplay
import RunFiles

/// What the page asks for: every second, and where it has changed.
extension RunView {
  /// More points than a chart has pixels for.
  private static let pointsMax = 400
  /// More rows than anybody reads.
  private static let workersMax = 200
  private static let textsMax = 100
  private static let findingsMax = 50

  var pageStatus: JSONValue {
    .object([
      .init("run", .string(printable(name))), .init("state", .string(phaseName)),
      .init("phase", .string(phaseText)), .init("phases", .array(phases)),
      .init("epoch", .integer(epochs.last?.number ?? 0)), .init("epochs", .integer(epochsTotal)),
      .init("elapsed", .integer(Int(elapsedSeconds ?? 0))), .init("figures", figures),
      .init("workers", .array(workerRows)), .init("workers_total", .integer(workerCount)),
      .init("head", headDigest.map(JSONValue.string) ?? .null),
    ])
  }

  /// What charts draw.
  var pageCurves: JSONValue {
    .object([
      .init("curve", .array(Self.thinned(epochs).map(Self.point))),
      .init(
        "losses",
        .array(
          Self.thinned(losses).map { .array([.integer($0.step), Self.drawn($0.loss)]) })),
    ])
  }

  /// What is read, and changes seldom.
  var pageTexts: JSONValue {
    .object([
      .init("warnings", .array(texts(warnings))), .init("notes", .array(texts(notes))),
      .init("findings", .array(findingGroups)), .init("checkpoints", .array(checkpointRows)),
    ])
  }

  /// How far each part of the work has come; what isn't known yet is left out.
  private var phases: [JSONValue] {
    func phase(
      _ name: String, _ done: Int, _ total: Int, _ unit: String, _ rate: Double?, _ share: Double?
    ) -> JSONValue {
      let left = rate.flatMap { $0 > 0 && done < total ? Double(total - done) / $0 : nil }
      return .object([
        .init("name", .string(name)), .init("done", .integer(done)),
        .init("total", .integer(total)), .init("unit", .string(unit)),
        .init("rate", optional(done < total ? rate : nil)), .init("left", optional(left)),
        .init("share", optional(share)),
      ])
    }
    if case .preparing(let what) = self.phase { return [phase(what, 0, 0, "", nil, preparedShare)] }
    var found: [JSONValue] = []
    // Steps wait for photographs: how long they take by themselves is unknown until then.
    let areStepsAlone = photographsDone.map { $0.done >= $0.total } ?? true
    if let (done, total) = photographsDone, total > 0 {
      found.append(phase("photographs", done, total, "photographs/s", imageRate, nil))
    }
    if stepsTotal > 0 {
      found.append(
        phase("steps", step, stepsTotal, "steps/s", areStepsAlone ? stepRate : nil, nil))
    }
    return found
  }

  private var figures: JSONValue {
    let last = epochs.last
    return .object([
      .init(
        "validation_accuracy", optional(result?.validationAccuracy ?? last?.validationAccuracy)),
      .init(
        "balanced_accuracy",
        optional(result?.validationBalancedAccuracy ?? last?.validationBalancedAccuracy)),
      .init("best_accuracy", optional(best?.validationAccuracy)),
      .init("best_epoch", best.map { .integer($0.number) } ?? .null),
      .init("test_accuracy", optional(result?.test?.accuracy)),
      .init("train_loss", optional(newestLoss)),
      .init("classes", start.map { .integer($0.classes.count) } ?? .null),
      .init("training", start.map { .integer($0.trainingSamples) } ?? .null),
      .init("validation", start.map { .integer($0.validationSamples) } ?? .null),
      .init("skipped", .integer(skipped)),
    ])
  }

  private static func point(_ epoch: Epoch) -> JSONValue {
    .array([
      .integer(epoch.number), .integer(epoch.step), drawn(epoch.trainLoss),
      drawn(epoch.validationLoss), drawn(epoch.trainAccuracy),
      drawn(epoch.validationAccuracy), drawn(epoch.validationBalancedAccuracy),
    ])
  }

  /// To the digits that a chart tells: all of them take two thirds of what is sent.
  private static func drawn(_ value: Double) -> JSONValue { .double((value * 1e5).rounded() / 1e5) }

  /// At most so many of them, evenly, the last among them.
  private static func thinned<Element>(_ all: [Element]) -> [Element] {
    let stride = (all.count + pointsMax - 1) / pointsMax
    guard stride > 1, let last = all.last else { return all }
    return all.dropLast().enumerated().filter { $0.offset % stride == 0 }.map(\.element) + [last]
  }

  // MARK: Rows

  /// Those that are here; where nobody is any more, those that took part.
  private var workerRows: [JSONValue] {
    let shown =
      workers.isEmpty
      ? contributors.map { Worker(name: $0.name, threads: $0.threads, state: "gone") }
      : workersByUrgency
    return shown.prefix(Self.workersMax).map { worker in
      .object([
        .init("name", .string(printable(worker.name))), .init("threads", .integer(worker.threads)),
        .init("state", .string(worker.condition)),
        // Whole seconds, so that nothing is sent again while nothing changes.
        .init("seen", worker.silentSeconds.map { .integer(Int($0)) } ?? .null),
        .init("held", worker.held.map { .integer($0) } ?? .null),
        .init("leases", worker.leases.map { .integer($0) } ?? .null),
      ])
    }
  }

  private var workerCount: Int { workers.isEmpty ? contributors.count : workers.count }

  private func texts(_ texts: [String]) -> [JSONValue] {
    texts.suffix(Self.textsMax).map { .string(printable($0, lengthMax: messageLengthMax)) }
  }

  private var findingGroups: [JSONValue] {
    findings.suffix(Self.textsMax).map { group in
      .object([
        .init("summary", .string(printable(group.summary, lengthMax: messageLengthMax))),
        .init("count", .integer(group.count)),
        .init("items", .array(group.items.prefix(Self.findingsMax).map { .string(printable($0)) })),
      ])
    }
  }

  private var checkpointRows: [JSONValue] {
    checkpoints.reversed().map {
      .object([
        .init("file", .string(printable($0.file))), .init("step", .integer($0.step)),
        .init("time", .string("\($0.writtenAt)")),
      ])
    }
  }
}
