import CommandLine
import Glibc
import Manifest
import RunFiles

/// `tl-coord evaluate`: how well a run's classifier does on other labelled photographs.
enum EvaluateCommand {
  static let command = Command(
    "evaluate", "measure a classifier on labelled photographs that it hasn't seen",
    positional: Positional("DIR", "a folder with a subfolder for each class"),
    groups: [OptionGroup("Options", PredictCommand.classifierOptions)])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let classifier = try PredictCommand.classifier(settings)
    let folder = settings.arguments[0]
    let photographs: LabelledPhotographs
    do throws(ManifestError) {
      // The folder's classes may be some of the run's.
      photographs = try LabelledPhotographs(
        reading: folder, classes: classifier.classes, threads: PredictCommand.threadCount)
    } catch {
      throw CommandLineError(.data, error.description)
    }
    let program = CoordinatorProgram.program.name
    for note in photographs.notes { report(.note, note, program: program) }
    for summary in Finding.summaries(of: photographs.findings) {
      report(.warning, summary.text, program: program)
    }
    var block = LiveBlock()
    let results = classifier.probabilities(
      of: photographs.paths, threads: PredictCommand.threadCount
    ) { done in
      guard terminal.isInteractive, !settings[StatusCommand.json] else { return }
      let share = Double(done) / Double(photographs.entries.count)
      let line = bar(share: share, columns: 40, terminal.style) + "  " + percentage(share)
      write(block.redraw([line], terminal.style), to: STDOUT_FILENO)
    }
    write(block.erase(), to: STDOUT_FILENO)
    var counts = Confusion(classes: classifier.classes)
    var exitCode = ExitCode.success
    for (entry, result) in zip(photographs.entries, results) {
      switch result {
      case .success(let probabilities):
        let predicted = probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
        counts.add(label: entry.classIndex, predicted: predicted)
      case .failure(let failure):
        exitCode = .data
        report(
          .warning, "\(printable(entry.path)) is left out: \(failure.reason)", program: program)
      }
    }
    let text =
      settings[StatusCommand.json]
      ? counts.json.encodedForPeople
      : counts.lines(terminal.style).joined(separator: "\n") + "\n"
    write(text, to: STDOUT_FILENO)
    return exitCode
  }
}

/// How often each class was taken for which.
struct Confusion {
  private let classes: [String]
  /// [label][predicted].
  private var counts: [[Int]]

  init(classes: [String]) {
    self.classes = classes
    counts = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
  }

  mutating func add(label: Int, predicted: Int) { counts[label][predicted] += 1 }

  private var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  private var correct: Int { classes.indices.reduce(0) { $0 + counts[$1][$1] } }
  private var accuracy: Double { total > 0 ? Double(correct) / Double(total) : .nan }

  /// The accuracy, then a line for each class: how many were recognized, and what the others were
  /// taken for most often.
  func lines(_ style: TextStyle) -> [String] {
    var rows = [["class", "photographs", "correct", "most often taken for"]]
    for (index, name) in classes.enumerated() {
      let all = counts[index].reduce(0, +)
      guard all > 0 else { continue }
      let mistakes = classes.indices.filter { $0 != index && counts[index][$0] > 0 }
        .sorted { counts[index][$0] > counts[index][$1] }.prefix(2)
      rows.append([
        printable(name), formatted(all), percentage(Double(counts[index][index]) / Double(all)),
        mistakes.map { "\(printable(classes[$0])) (\(counts[index][$0]))" }.joined(separator: ", "),
      ])
    }
    let summary =
      "\(style.apply(.bold, percentage(accuracy))) of \(counted(total, "photograph")) are "
      + "classified correctly."
    return [summary, ""] + table(rows, alignRight: [1, 2], style)
  }

  var json: JSONValue {
    .object([
      .init("photographs", .integer(total)), .init("correct", .integer(correct)),
      .init("accuracy", .double(accuracy)),
      .init("classes", .array(classes.map(JSONValue.string))),
      .init("confusion", .array(counts.map { .array($0.map { .integer($0) }) })),
    ])
  }
}
