import CommandLine
import Monitoring

extension RunView {
  /// The few lines that `start` keeps at the foot of the terminal while it works.
  public func progressLines(_ style: TextStyle) -> [String] {
    [headline(style)] + bars(style) + figures(style)
  }

  /// All that is known, for `monitor`: bars, curves, epochs, workers.
  ///
  /// - Parameter rows: how many lines there is room for, at least 10.
  public func monitorLines(_ style: TextStyle, rows: Int) -> [String] {
    var lines = progressLines(style)
    let workers = workerLines(style, countMax: max(2, rows / 4))
    let left = rows - lines.count - workers.count - warnings.suffix(3).count - 4
    lines += curves(style, rows: min(max(left / 2, 3), 8))
    lines += workers
    lines += warnings.suffix(3).map { style.apply(.yellow, "! \(printable($0))") }
    return lines
  }

  /// The line that stays when an epoch is over; where it doesn't fit, with less of what matters less.
  public func epochLine(_ epoch: Epoch, _ style: TextStyle) -> String {
    let width = String(epochsTotal).count
    let number = String(repeating: " ", count: max(0, width - String(epoch.number).count))
    let accuracy = percentage(epoch.validationAccuracy)
    let balanced = percentage(epoch.validationBalancedAccuracy)
    // Where classes have much the same number of photographs it says nothing new.
    let note = balanced == accuracy ? [] : ["balanced \(balanced)"]
    let mark = best == epoch && epochs.count > 1 ? style.apply(.green, "  best so far") : ""
    func line(_ training: [String], _ validation: [String], _ mark: String) -> String {
      func inBrackets(_ notes: [String]) -> String {
        notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
      }
      let trained =
        epoch.trainAccuracy.isNaN
        ? "" : "  training \(percentage(epoch.trainAccuracy))\(inBrackets(training))"
      return "epoch \(number)\(epoch.number)/\(epochsTotal)\(trained)"
        + "  validation \(style.apply(.bold, accuracy))\(inBrackets(validation))\(mark)"
    }
    func told(_ loss: Double) -> [String] {
      loss.isNaN ? [] : ["loss \(formatted(loss, decimals: 4))"]
    }
    let (trainLoss, validationLoss) = (told(epoch.trainLoss), told(epoch.validationLoss))
    let lines = [
      line(trainLoss, note + validationLoss, mark), line(trainLoss, note + validationLoss, ""),
      line(trainLoss, validationLoss, ""), line([], validationLoss, ""), line([], [], ""),
    ]
    return lines.first { columnCount(of: $0) < style.columns } ?? lines[lines.count - 1]
  }

  /// What the run is doing, in a word or a sentence.
  public var phaseText: String {
    switch phase {
    case .notStarted: "not started"
    case .preparing(let what): what
    case .waitingForWorkers: "waiting for workers"
    case .running:
      step == 0 && featuresKept < featuresTotal
        ? "computing features" : step >= stepsTotal ? "evaluating" : "training"
    case .finished: "finished"
    case .stopped(let why): "stopped: \(printable(why))"
    case .silent: "silent: its coordinator is gone or stalled"
    }
  }

  /// The phase as one word that programs can rely on.
  public var phaseName: String {
    switch phase {
    case .notStarted: "not_started"
    case .preparing: "preparing"
    case .waitingForWorkers: "waiting_for_workers"
    case .running: "running"
    case .finished: "finished"
    case .stopped: "stopped"
    case .silent: "silent"
    }
  }

  /// All of it in a line, for files and pipes: what it does, how far it is, how long it still takes.
  public var plainLine: String {
    var parts = ["\(printable(name)): \(phaseText)"]
    if case .preparing = phase {
      return parts[0] + (preparedShare.map { " (\(percentage($0)))" } ?? "")
    }
    if featuresKept < featuresTotal {
      parts.append(
        "\(formatted(featuresKept)) of \(formatted(featuresTotal)) photographs"
          + (imageRate.map { ", \(formatted($0, decimals: 0)) images/s" } ?? ""))
    } else if stepsTotal > 0, phase == .running {
      parts.append("epoch \(epochNumber) of \(epochsTotal)")
      parts.append(
        "step \(formatted(step)) of \(formatted(stepsTotal))"
          + (stepRate.map { ", \(formatted($0, decimals: 1)) steps/s" } ?? ""))
    }
    if let secondsRemaining { parts.append("about \(duration(seconds: secondsRemaining)) left") }
    return parts.joined(separator: ", ")
  }

  private func headline(_ style: TextStyle) -> String {
    let dot = style.unicode ? " · " : " - "
    var parts = [style.apply(.bold, printable(name))]
    if epochsTotal > 0, phase == .running {
      parts.append("epoch \(epochNumber) of \(epochsTotal)")
    }
    let attribute: TextStyle.Attribute =
      switch phase {
      case .finished: .green
      case .stopped, .silent: .red
      case .waitingForWorkers, .notStarted: .yellow
      case .preparing, .running: .cyan
      }
    parts.append(style.apply(attribute, phaseText))
    if let elapsedSeconds { parts.append(duration(seconds: elapsedSeconds)) }
    if let secondsRemaining { parts.append("about \(duration(seconds: secondsRemaining)) left") }
    return parts.joined(separator: dot)
  }

  private func bars(_ style: TextStyle) -> [String] {
    let labels = 10
    let columns = min(max(style.columns - labels - 38, 10), 40)
    func line(_ label: String, _ share: Double, _ text: String) -> String {
      "  " + padded(label, columns: labels) + bar(share: share, columns: columns, style) + "  "
        + text
    }
    if case .preparing = phase, let preparedShare {
      return [line("", preparedShare, percentage(preparedShare))]
    }
    var lines: [String] = []
    if featuresTotal > 0 {
      var text = "\(formatted(featuresKept)) of \(formatted(featuresTotal))"
      if let speed = imageRate, featuresKept < featuresTotal, speed > 0 {
        text += ", \(formatted(speed, decimals: 0)) images/s"
      }
      lines.append(line("features", Double(featuresKept) / Double(featuresTotal), text))
    }
    if stepsTotal > 0 {
      var text = "\(formatted(step)) of \(formatted(stepsTotal))"
      if let speed = stepRate, step < stepsTotal, speed > 0 {
        text += ", \(formatted(speed, decimals: 1)) steps/s"
      }
      lines.append(line("steps", Double(step) / Double(stepsTotal), text))
    }
    return lines
  }

  private func figures(_ style: TextStyle) -> [String] {
    var lines: [String] = []
    let columns = min(max(style.columns - 48, 8), 30)
    if let loss = newestLoss {
      let values = stepLosses
      lines.append(
        "  " + padded("loss", columns: 10) + padded(formatted(loss, decimals: 4), columns: 9)
          + style.apply(.cyan, sparkline(values, columns: columns, style)))
    }
    if let best, let last = epochs.last {
      let (accuracy, balanced) = (
        percentage(last.validationAccuracy), percentage(last.validationBalancedAccuracy)
      )
      let note =
        (balanced == accuracy ? "" : " (balanced \(balanced))")
        + (best.number == last.number ? "" : ", best \(percentage(best.validationAccuracy))")
      lines.append(
        "  " + padded("accuracy", columns: 10) + padded("\(accuracy)\(note)", columns: 9) + " "
          + style.apply(
            .cyan, sparkline(epochs.map(\.validationAccuracy), columns: columns, style)))
    }
    var notes: [String] = []
    if !workers.isEmpty {
      let serving = workers.filter { $0.state == "serving" }
      notes.append(
        counted(serving.count, "worker") + ", "
          + counted(serving.reduce(0) { $0 + $1.threads }, "thread"))
    }
    let silent = workers.filter(\.isSilent).count
    if silent > 0 { notes.append(style.apply(.yellow, "\(silent) silent")) }
    if skipped > 0 { notes.append("\(counted(skipped, "sample")) skipped") }
    if !notes.isEmpty {
      lines.append("  " + padded("workers", columns: 10) + notes.joined(separator: ", "))
    }
    return lines
  }

  private func curves(_ style: TextStyle, rows: Int) -> [String] {
    let columns = min(style.columns - 3, 100)
    var lines: [String] = []
    func add(_ title: String, _ values: [Double], _ label: (Double) -> String) {
      guard values.count > 1 else { return }
      let drawn = curve(values, columns: columns, rows: rows, label: label, style)
      if !drawn.isEmpty { lines += ["", style.apply(.bold, title)] + drawn }
    }
    add("training loss", stepLosses) { formatted($0, decimals: 3) }
    add("validation accuracy", epochs.map(\.validationAccuracy)) { percentage($0) }
    return lines
  }

}
