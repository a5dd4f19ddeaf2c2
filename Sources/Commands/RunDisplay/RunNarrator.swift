import CommandLine
import Monitoring
import Options
import RunFiles

/// Turns what a coordinator tells into what the person who started it reads.
public struct RunNarrator: Sendable {
  /// What a piece of news comes to.
  public struct Narration: Sendable {
    /// Lines that stay.
    public var lines: [String] = []
    /// Whether the view has changed so much that it should be drawn at once.
    public var isUrgent = false
  }

  public private(set) var view: RunView
  private let style: TextStyle
  private let localWorkers: Int
  private var waiting = WaitingForWorkers()

  /// - Parameter before: the log of a run that goes on, as far as it goes.
  public init(run: String, localWorkers: Int, style: TextStyle, before: [ProgressLine] = []) {
    self.style = style
    self.localWorkers = localWorkers
    waiting.expectsLocalWorkers = localWorkers > 0
    view = RunView(name: run, phase: .preparing("starting"))
    for line in before { view.take(.logged(line)) }
    view.phase = .preparing("starting")
  }

  /// Something is under way before there is a coordinator; a share from 0 to 1 of it is done.
  public mutating func prepare(_ what: String, share: Double) {
    view.phase = .preparing(what)
    view.preparedShare = share
  }

  public mutating func tell(_ event: RunEvent) -> Narration {
    view.take(event)
    switch event {
    case .preparing: return Narration()
    case .status(let status):
      let line = waiting.line(view, atSeconds: status.elapsedSeconds).map {
        style.apply(.yellow, $0)
      }
      return Narration(lines: line.map { [$0] } ?? [], isUrgent: true)
    case .warning(let text): return Narration(lines: [warning(text)])
    case .invitation(let invitation):
      return Narration(lines: lines(for: invitation), isUrgent: true)
    case .logged(let line):
      let lines = lines(for: line)
      return Narration(lines: lines, isUrgent: !lines.isEmpty)
    }
  }

  /// What a line of the log, which the view has taken in, says to people.
  private func lines(for line: ProgressLine) -> [String] {
    switch line.event {
    case .start(let start): return introduction(start)
    case .features(let kept, let needed):
      guard kept > 0 else { return [] }
      return [
        kept == needed
          ? "All features were computed by earlier runs: no photograph passes the network again."
          : "\(formatted(kept)) of \(formatted(needed)) features were computed by earlier runs."
      ]
    case .workerJoined(let name, let threads):
      let line = "worker \(printable(name)) joined with \(counted(threads, "thread"))"
      return [style.apply(.dim, line)]
    case .workerLost(let name, let reason):
      let line = "worker \(printable(name)) is gone: \(printable(reason))"
      return [style.apply(.yellow, line)]
    case .workerFaulty(let worker, let id, let reason):
      return [warning(faultDescription(worker: worker, id: id, reason: reason))]
    case .epoch: return view.epochs.last.map { [view.epochLine($0, style)] } ?? []
    case .rollback:
      let line = "Back to step \(formatted(view.step)), to which it had not contributed"
      return [style.apply(.yellow, line)]
    case .warning(let text): return [warning(text)]
    case .note(let text):
      return [style.apply(.dim, printable(text, lengthMax: messageLengthMax))]
    case .finished(let result): return conclusion(result)
    case .step, .skipped, .checkpoint, .resume, .finding, .stopped, .unknown: return []
    }
  }

  private func warning(_ text: String) -> String {
    style.apply(.yellow, "warning: \(printable(text, lengthMax: messageLengthMax))")
  }

  private func introduction(_ start: RunStart) -> [String] {
    let all = start.trainingSamples + start.validationSamples + start.testSamples
    let test =
      start.testSamples > 0 ? ", \(formatted(start.testSamples)) to test with at the end" : ""
    let names = start.classes.prefix(8).map { printable($0) }.joined(separator: ", ")
    let more = start.classes.count > 8 ? ", ..." : ""
    let kernels = start.kernels.map { "; \(printable($0)) kernels" } ?? ""
    var lines = [
      "\(style.apply(.bold, printable(start.run))): \(counted(all, "photograph")) in "
        + "\(counted(start.classes.count, "class", "classes")) (\(names)\(more))",
      "\(formatted(start.trainingSamples)) to train on, \(formatted(start.validationSamples)) to "
        + "validate with\(test); \(counted(start.epochs, "epoch")), "
        + "\(counted(Int(clamping: start.steps), "step"))\(kernels)",
    ]
    if let predecessor = start.predecessor {
      lines.append("Starts from the head of \(printable("\(predecessor)"))")
    }
    if let step = view.resumedFrom {
      lines += continuation(of: start, after: step)
    }
    if let needed = start.minWorkers, needed > localWorkers, needed > 1 {
      lines.append("Training begins when \(needed) workers are here.")
    }
    return lines
  }

  private func continuation(of start: RunStart, after step: Int) -> [String] {
    guard step > 0 else { return ["No checkpoint yet: the run begins anew"] }
    guard step >= Int(clamping: start.steps) else {
      return ["Goes on after step \(formatted(step))"]
    }
    return [
      "It was trained to its end before, and only its outcome is told again. To train on, give --epochs",
      "more than \(start.epochs); to start another run from its head, --from \(printable(start.run)).",
    ]
  }

  private mutating func lines(for invitation: Invitation) -> [String] {
    let addresses = HostPort.list(invitation.listen) ?? []
    // Who sits at this machine finds the others.
    guard let listening = addresses.first(where: { !$0.isLoopback }) ?? addresses.first else {
      return []
    }
    let isOpen = ["0.0.0.0", "*", "::"].contains(listening.host)
    let address =
      invitation.advertised.flatMap { HostPort($0) }
      ?? (isOpen ? HostPort(host: ownAddress(), port: listening.port) : listening)
    var command = "tl-worker join \(address)"
    if invitation.isInsecure {
      command += " --insecure"
    } else if !address.isLoopback {
      command += " --token " + (invitation.token ?? "TOKEN")
    }
    waiting.joinCommand = command
    var lines = [
      (localWorkers > 0 ? "More workers join with: " : "Workers join with: ")
        + style.apply(.bold, command)
    ]
    var others = addresses.filter { $0 != listening }
    if isOpen {
      others += ownAddresses().dropFirst().map { HostPort(host: $0, port: listening.port) }
    }
    if invitation.advertised == nil, !others.isEmpty {
      lines.append(
        style.apply(
          .dim, "or at " + others.map(\.description).joined(separator: ", or at ")))
    }
    if invitation.isAnnounced {
      lines.append(
        style.apply(
          .dim,
          "where Avahi runs, computers of this network find it without the address: "
            + "tl-worker join --token " + (invitation.token ?? "TOKEN")))
    }
    if invitation.isInsecure {
      lines.append(
        warning(
          "whoever reaches \(invitation.listen) can join and read the photographs, and nothing is encrypted: "
            + "use --insecure only in a network that nobody else is in"))
    } else if !address.isLoopback, invitation.token == nil {
      lines.append(
        "TOKEN stands for what `tl-coord token show` prints here; `tl-coord token add NAME` makes others."
      )
    }
    return lines
  }

  /// The end of a sentence on an accuracy. Where classes have much the same number of photographs the
  /// balanced one says nothing new.
  private func balanced(_ balanced: Double?, beside accuracy: Double?) -> String {
    guard let balanced, let accuracy, percentage(balanced) != percentage(accuracy) else {
      return "."
    }
    return " (balanced over the classes: \(percentage(balanced)))."
  }

  private func conclusion(_ result: RunResult) -> [String] {
    let accuracy = result.validationAccuracy.map { percentage($0) } ?? "-"
    var lines = [
      "Finished in \(duration(seconds: result.seconds)): \(style.apply(.bold, accuracy)) of the "
        + "validation photographs are classified correctly"
        + balanced(result.validationBalancedAccuracy, beside: result.validationAccuracy)
    ]
    if let test = result.test {
      lines.append(
        "Of the \(counted(test.samples, "test photograph")), by which nothing was chosen: "
          + style.apply(.bold, test.accuracy.map { percentage($0) } ?? "-")
          + balanced(test.balancedAccuracy, beside: test.accuracy))
    }
    lines += (view.start?.unmeasured.sentences ?? []).map(warning)
    if let best = view.best, let last = view.epochs.last,
      best.validationAccuracy > last.validationAccuracy
    {
      lines.append(
        "The best epoch was \(best.number), with \(percentage(best.validationAccuracy)).")
    }
    lines.append("Head \(result.head)")
    return lines
  }
}
