import CommandLine
import Figures
import Files
import Monitoring
import RunFiles

/// The sections on the run itself.
extension RunReport {
  // MARK: Data

  /// What was found out about the photographs.
  var dataSection: String {
    let sums = Set(view.findings.map(\.summary))
    var parts = view.findings.map { HTML.fold($0.summary, $0.items, count: $0.count) }
    let others = view.warnings.filter { !sums.contains($0) }
    if view.skipped > 0 {
      parts.append(
        HTML.paragraph(
          "\(counted(view.skipped, "photograph")) went or changed while the run was under way and "
            + "\(view.skipped == 1 ? "was" : "were") skipped from then on; the warnings below name "
            + "\(view.skipped == 1 ? "it" : "them")."))
    } else if view.findings.isEmpty, view.result != nil {
      parts.append(
        HTML.paragraph(
          "Nothing was left out, and no copies, no look-alikes across the split and no photograph in "
            + "several classes were found."))
    }
    if suspects == nil, view.result != nil {
      parts.append(
        HTML.paragraph(
          "Labels weren't doubted here: 'tl-coord suspects --run \(runArgument)' has the photographs judge "
            + "each other."))
    }
    if !view.notes.isEmpty {
      parts.append(HTML.fold("How the photographs were read", view.notes, count: view.notes.count))
    }
    if !others.isEmpty {
      parts.append(HTML.fold(counted(others.count, "warning"), others, count: others.count))
    }
    return HTML.section("The photographs", parts.joined(separator: "\n"))
  }

  // MARK: Run

  var runSection: String {
    HTML.section(
      "The run", HTML.table([], measured.map { [escaped($0.0), $0.1] }) + "\n" + options)
  }

  /// Names as text, values as HTML.
  private var measured: [(String, String)] {
    var rows: [(String, String)] = []
    if let predecessor = configuration.predecessor {
      rows.append(("started from the head of", escaped("\(predecessor)")))
    }
    if let start = view.start {
      rows.append(("photographs to train on", formatted(start.trainingSamples)))
      rows.append(("photographs to validate with", formatted(start.validationSamples)))
      if start.testSamples > 0 {
        rows.append(("photographs to test with", formatted(start.testSamples)))
      }
    }
    if let result = view.result?.test {
      let accuracy = result.accuracy.map { percentage($0) } ?? "-"
      let balanced = result.balancedAccuracy.map { percentage($0) } ?? "-"
      rows.append(
        ("test accuracy", "\(accuracy), balanced \(balanced); nothing was chosen by the test"))
    }
    if let last = view.epochs.last {
      rows.append(("epochs", "\(formatted(last.number)) of \(formatted(view.epochsTotal))"))
    }
    if let best = view.best {
      rows.append(
        (
          "best epoch",
          "\(formatted(best.number)), with \(percentage(best.validationAccuracy)) on validation"
        ))
    }
    rows.append(("steps", "\(formatted(view.step)) of \(formatted(view.stepsTotal))"))
    if let seconds = view.elapsedSeconds {
      rows.append(("time that coordinators spent", duration(seconds: seconds)))
    }
    if let time = view.newestLineAt {
      let words = "\(time)".replacing("T", with: " ").prefix(16)
      rows.append((view.result == nil ? "newest line of its log" : "finished", "\(words) UTC"))
    }
    if let stored = view.stored {
      rows.append(
        (
          "forward passes",
          "\(formatted(max(0, stored.needed - stored.kept))), and "
            + "\(formatted(stored.kept)) that earlier runs had kept"
        ))
    }
    if !view.contributors.isEmpty { rows.append(("workers", escaped(workers))) }
    if let kernels = view.start?.kernels { rows.append(("kernels", escaped(kernels))) }
    if let head = view.headDigest {
      rows.append(("SHA-256 of the head", "<code>\(escaped(head))</code>"))
    }
    return rows
  }

  private static let workersMax = 20

  private var workers: String {
    let named = view.contributors.prefix(Self.workersMax).map {
      "\($0.name) (\(counted($0.threads, "thread")))"
    }
    let more = view.contributors.count - named.count
    return named.joined(separator: ", ") + (more > 0 ? " and \(formatted(more)) more" : "")
  }

  /// A value for people who don't know what 0 stands for.
  private func shown(_ value: String, of option: String) -> String {
    switch (option, value) {
    case ("input-size", "0"): "the network's own"
    case ("worker-threads", "0"): "all cores"
    default: value
    }
  }

  private var options: String {
    let rows = RunOption.all.filter { $0.role != .decidesDisplay }.map { option in
      let origin = configuration.origins[option.name] ?? .default
      return [
        "<code>--\(option.name)</code>",
        escaped(shown(option.value(in: configuration), of: option.name)),
        "<span class=\"quiet\">\(origin == .default ? "default" : "given (\(origin.rawValue))")</span>",
      ]
    }
    var inputs: [[String]] = []
    if let known = configuration.inputs {
      inputs = [
        ["SHA-256 of the list of photographs", "<code>\(known.manifest)</code>", ""],
        ["SHA-256 of the backbone", "<code>\(known.backbone)</code>", ""],
        ["preprocessing version", String(known.preprocessingVersion), ""],
      ]
      if let head = known.startHead {
        inputs.append(["SHA-256 of the head that it began with", "<code>\(head)</code>", ""])
      }
    }
    return HTML.fold("Configuration", HTML.table([], rows + inputs))
  }

  // MARK: Use

  var usageSection: String {
    let commands = """
      tl-coord predict --run \(runArgument) IMAGE.jpg     # what a photograph shows
      tl-coord predict --run \(runArgument) --csv DIR     # a folder of them, for a spreadsheet
      tl-coord evaluate --run \(runArgument) DIR          # measured on other labelled photographs
      tl-coord explain --run \(runArgument) IMAGE.jpg     # where in it that is to be seen
      tl-coord suspects --run \(runArgument)              # labels that the others doubt
      tl-coord verify --run \(runArgument)                # trained once more, compared bit for bit
      """
    let python = """
      from safetensors.numpy import load_file
      head = load_file("\(checkpointPath)")
      logits = features @ head["weight"].T + head["bias"]
      """
    return HTML.section(
      "Use it",
      HTML.lines(commands) + "\n"
        + HTML.paragraph(
          "The classifier is the backbone in backbone.bin and a linear layer in a checkpoint, which "
            + "Python reads as well:")
        + "\n" + HTML.lines(python)
        + HTML.paragraph(
          "The same photographs, backbone and options give the same head, bit for bit:")
        + HTML.lines(trainingCommand))
  }

  /// The command that trains the same classifier.
  private var trainingCommand: String {
    let said = RunOption.all.filter { option in
      let isGiven = (configuration.origins[option.name] ?? .default) != .default
      return [.data, .training].contains(option.group)
        && (isGiven || ["data", "backbone"].contains(option.name))
    }
    return
      (["tl-coord start"]
      + said.map { "--\($0.name) \(shellWord($0.value(in: configuration)))" })
      .joined(separator: " \\\n  ")
  }

  private var checkpointPath: String {
    let step = (try? validation.get().step) ?? UInt64(view.step)
    return "checkpoints/\(CheckpointFolder<LinuxFileSystem>.name(step: step))"
  }
}
