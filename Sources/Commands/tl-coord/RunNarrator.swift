import CommandLine
import CoordinatorDaemon
import Options
import RunFiles

/// Turns what a coordinator tells into what the person who started it reads.
struct RunNarrator {
  /// What a piece of news comes to.
  struct Telling {
    /// Lines that stay.
    var lines: [String] = []
    /// Whether the view has changed so much that it should be drawn at once.
    var isUrgent = false
  }

  let style: TextStyle
  private(set) var view: RunView
  private let localWorkers: Int

  init(run: String, localWorkers: Int, style: TextStyle) {
    self.style = style
    self.localWorkers = localWorkers
    view = RunView(name: run, phase: .preparing("starting"))
  }

  mutating func prepare(_ what: String, share: Double) {
    view.phase = .preparing(what)
    view.preparedShare = share
  }

  mutating func tell(_ event: RunEvent) -> Telling {
    switch event {
    case .preparing(let preparation, let done, let total):
      view.phase = .preparing(RunNarrator.words(for: preparation))
      view.preparedShare = total > 1 ? Double(done) / Double(total) : nil
      return Telling()
    case .started(let start):
      view.phase = .running
      view.preparedShare = nil
      view.epochsTotal = start.epochs
      view.stepsTotal = Int(clamping: start.stepsTotal)
      view.step = Int(clamping: start.resumedFrom ?? 0)
      return Telling(lines: introduction(start), isUrgent: true)
    case .listening(let endpoint):
      return Telling(lines: invitation(host: endpoint.host, port: endpoint.port), isUrgent: true)
    case .workerJoined(let name, let threads):
      let line = "worker \(printable(name)) joined with \(counted(threads, "thread"))"
      return Telling(lines: [style.apply(.dim, line)])
    case .workerLost(let name, let reason):
      let line = "worker \(printable(name)) is gone: \(printable(reason))"
      return Telling(lines: [style.apply(.yellow, line)])
    case .steps(let range, _):
      if let loss = range.trainLoss { view.add(stepLoss: loss) }
      return Telling()
    case .epoch(let result, let epoch, _):
      let epoch = RunView.Epoch(result, epoch: epoch)
      view.epochs.append(epoch)
      return Telling(lines: [view.epochLine(epoch, style)], isUrgent: true)
    case .checkpoint:
      return Telling()
    case .rolledBack(let step, let epoch):
      view.step = Int(clamping: step)
      view.epochs.removeAll { $0.number > epoch }
      let line = "Back to step \(formatted(view.step)), to which it had not contributed"
      return Telling(lines: [style.apply(.yellow, line)], isUrgent: true)
    case .warning(let text):
      view.add(warning: printable(text))
      return Telling(lines: [style.apply(.yellow, "warning: \(printable(text))")])
    case .note(let text):
      return Telling(lines: [style.apply(.dim, printable(text))])
    case .status(let status):
      view.take(status)
      return Telling(isUrgent: true)
    case .finished(let result, let bestEpoch, let bestAccuracy):
      view.phase = .finished
      view.headDigest = "\(result.head)"
      return Telling(lines: conclusion(result, bestEpoch, bestAccuracy))
    }
  }

  private static func words(for preparation: RunEvent.Preparation) -> String {
    switch preparation {
    case .manifest: "reading the photographs"
    case .backbone: "loading the backbone"
    case .calibration: "finding the ranges of int8"
    case .probe: "checking this machine's arithmetic"
    }
  }

  private func introduction(_ start: RunEvent.Start) -> [String] {
    let all = start.trainingCount + start.validationCount
    let names = start.classes.prefix(8).map { printable($0) }.joined(separator: ", ")
    let more = start.classes.count > 8 ? ", ..." : ""
    var lines = [
      "\(style.apply(.bold, printable(start.run))): \(counted(all, "photograph")) in "
        + "\(counted(start.classes.count, "class", "classes")) (\(names)\(more))",
      "\(formatted(start.trainingCount)) to train on, \(formatted(start.validationCount)) to "
        + "validate with; \(counted(start.epochs, "epoch")), "
        + "\(counted(Int(clamping: start.stepsTotal), "step")); \(start.instructionSet) kernels",
    ]
    if let step = start.resumedFrom {
      lines.append(
        step == 0
          ? "No checkpoint yet: the run begins anew"
          : "Goes on after step \(formatted(Int(clamping: step)))")
    }
    return lines
  }

  private func invitation(host: String, port: UInt16) -> [String] {
    let isOpen = host == "0.0.0.0" || host == "*" || host == "::"
    let address = HostPort(host: isOpen ? ownAddress() : host, port: port)
    let command = "tl-worker join \(address)"
    var lines = [
      (localWorkers > 0 ? "More workers join with: " : "Workers join with: ")
        + style.apply(.bold, command)
    ]
    if !HostPort(host: host, port: port).isLoopback {
      lines.append(
        style.apply(
          .yellow,
          "warning: whoever reaches this address can join and read the photographs, and nothing is "
            + "encrypted yet: use it in a network that you trust"))
    }
    return lines
  }

  private func conclusion(
    _ result: RunResult, _ bestEpoch: Int, _ bestAccuracy: Double?
  ) -> [String] {
    let accuracy = result.validationAccuracy.map { percentage($0) } ?? "-"
    var lines = [
      "Finished in \(duration(seconds: result.seconds)): \(style.apply(.bold, accuracy)) of the "
        + "validation photographs are classified correctly."
    ]
    if let bestAccuracy, bestEpoch + 1 != view.epochsTotal {
      lines.append("The best epoch was \(bestEpoch + 1), with \(percentage(bestAccuracy)).")
    }
    lines.append("Head \(result.head)")
    return lines
  }
}

extension RunView.Epoch {
  init(_ result: EpochResult, epoch: Int) {
    self.init(
      number: epoch + 1, trainLoss: result.metrics.trainLoss ?? .nan,
      trainAccuracy: result.metrics.trainAccuracy ?? .nan,
      validationLoss: result.metrics.validationLoss ?? .nan,
      validationAccuracy: result.metrics.validationAccuracy ?? .nan)
  }
}
