import CommandLine
import CoordinatorDaemon
import Glibc
import Inspection
import Manifest
import Report
import RunFiles
import Threading

/// `tl-coord suspects`: photographs of a run whose label the others doubt.
enum SuspectsCommand {
  static let top = Option<Int>(
    "top", .integer(1...100_000), default: 20, "how many to list, the most doubtful first")

  static let command = Command(
    "suspects", "find photographs of a run whose label the others doubt",
    groups: [
      OptionGroup(
        "Options",
        [
          ReportCommand.run.declaration, top.declaration, StartOptions.runs.declaration,
          ReportCommand.data.declaration, StartOptions.cache.declaration,
          PredictCommand.json.declaration, PredictCommand.csv.declaration,
          PredictCommand.jsonLines.declaration,
        ])
    ],
    notes: [
      "Each photograph is judged by all others, from the features that the run kept, and listed by the",
      "probability of the label that it was given. The page \(SuspectsPage.name) in the run's folder",
      "shows the first of the list, with photographs that look almost alike and those that are like",
      "none of the classes. Nothing of the run changes.",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let format = try OutputFormat(settings)
    let directory = try RunTarget.directory(
      settings[ReportCommand.run], root: settings[StartOptions.runs], for: "tl-coord suspects")
    let configuration = try directory.configuration()
    let folder = try Inputs.photographs(of: configuration, given: settings[ReportCommand.data])
    let threads = processorCount
    var display: (work: Suspects.Work, counts: CountDisplay)?
    let suspects = try Suspects(
      directory, features: .store(folder: settings[StartOptions.cache].folder(environment)),
      source: Dataset.Source(folder: folder, as: configuration),
      threads: threads
    ) { work, done, total in
      if display?.work != work {
        display?.counts.erase()
        display = (work, CountDisplay(total: total, of: "photographs"))
      }
      display?.counts.show(done: done)
    }
    display?.counts.erase()
    let count = settings[top]
    let shown = Array(suspects.photographs.prefix(count))
    let answer = SuspectsReport(suspects: suspects, shown: shown)
    write(answer.text(format, terminal.style), to: STDOUT_FILENO)
    let page = SuspectsPage(suspects, run: directory.name, count: count, threads: threads)
    let pictures = PagePictures(page.pictures, from: folder)
    try pictures.check(SuspectsPage.name, in: directory)
    try page.write(into: directory.path)
    let program = CoordinatorProgram.program.name
    report(
      .note, "\(printable(directory.path))/\(SuspectsPage.name) \(pictures.summary)",
      program: program)
    for (path, reason) in suspects.missing.prefix(missingMax) {
      report(
        .warning, "\(printable(path)) is left out: \(printable(reason))", program: program)
    }
    if suspects.missing.count > missingMax {
      report(
        .warning, "and \(formatted(suspects.missing.count - missingMax)) more are left out",
        program: program)
    }
    return suspects.missing.isEmpty ? .success : .data
  }

  /// More names than that are no help.
  private static let missingMax = 10
}

/// How doubtful photographs are shown to people and to programs.
struct SuspectsReport {
  let suspects: Suspects
  let shown: [Suspects.Photograph]
  private var classes: [String] { suspects.classes }

  func text(_ format: OutputFormat, _ style: TextStyle) -> String {
    switch format {
    case .text: lines(style).joined(separator: "\n") + "\n"
    case .csv: csv
    case .json: JSONValue.array(shown.map(json)).encodedForPeople
    case .jsonLines: shown.map { json($0).encoded + "\n" }.joined()
    }
  }

  private func lines(_ style: TextStyle) -> [String] {
    let count = suspects.photographs.count { $0.isDoubted }
    var lines = [
      "Of \(counted(suspects.photographs.count, "photograph")) the others would give "
        + style.apply(.bold, formatted(count)) + " another label."
    ]
    let doubted = shown.filter(\.isDoubted)
    if !doubted.isEmpty {
      lines += [""]
      lines += table(
        [["photograph", "label", "", "the others say", "", "looks almost like"]]
          + doubted.map {
            [
              printable($0.path), printable(classes[$0.label]),
              percentage(Double($0.labelProbability)), printable(classes[$0.seen]),
              percentage(Double($0.seenProbability)), $0.twin.map { printable($0) } ?? "",
            ]
          }, alignRight: [2, 4], style)
    }
    if count > doubted.count, shown.count == doubted.count {
      lines.append("and \(formatted(count - doubted.count)) more; '--top N' lists N")
    }
    if let pair = suspects.pairs.first {
      lines += [
        "",
        "\(counted(suspects.pairs.count, "pair")) of one class look almost alike: "
          + "\(printable(pair.paths.0)) and \(printable(pair.paths.1))"
          + (suspects.pairs.count > 1 ? ", …" : ""),
      ]
    }
    if let outlier = suspects.outliers.first {
      lines += [
        "",
        "Least like any class is \(printable(outlier.path)) "
          + "(likeness \(formatted(outlier.likeness, decimals: 2)) of 1).",
      ]
    }
    return lines
  }

  /// A line for each photograph.
  private var csv: String {
    var text = commaSeparated([
      "file", "label", "probability", "others_say", "others_probability", "looks_like",
    ])
    for photograph in shown {
      text += commaSeparated([
        photograph.path, classes[photograph.label],
        formatted(Double(photograph.labelProbability), decimals: 6), classes[photograph.seen],
        formatted(Double(photograph.seenProbability), decimals: 6), photograph.twin ?? "",
      ])
    }
    return text
  }

  private func json(_ photograph: Suspects.Photograph) -> JSONValue {
    .object([
      .init("file", .string(photograph.path)),
      .init("label", .string(classes[photograph.label])),
      .init("probability", .double(Double(photograph.labelProbability))),
      .init("others_say", .string(classes[photograph.seen])),
      .init("others_probability", .double(Double(photograph.seenProbability))),
      .init("looks_like", photograph.twin.map(JSONValue.string) ?? .null),
    ])
  }
}
