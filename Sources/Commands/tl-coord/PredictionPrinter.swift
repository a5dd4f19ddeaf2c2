import CommandLine
import Glibc
import Inspection
import RunFiles

/// How `predict` and `evaluate` print.
enum OutputFormat: CaseIterable {
  case text
  case json
  case jsonLines
  case csv

  private var option: Option<Bool>? {
    switch self {
    case .text: nil
    case .json: StatusCommand.json
    case .jsonLines: PredictCommand.jsonLines
    case .csv: PredictCommand.csv
    }
  }

  init(_ settings: Settings) throws(CommandLineError) {
    let asked = OutputFormat.allCases.filter { $0.option.map { settings[$0] } ?? false }
    guard asked.count <= 1 else {
      let names = asked.compactMap { $0.option.map { "'--\($0.declaration.name)'" } }
      throw CommandLineError(.usage, "\(names.joined(separator: " and ")) don't go together")
    }
    self = asked.first ?? .text
  }
}

/// Prints what photographs show, one after the other.
struct PredictionPrinter {
  private let format: OutputFormat
  private let classifier: Classifier
  private var classes: [String] { classifier.classes }
  /// How many classes of each photograph are named.
  private let count: Int
  /// Whether it says of which pictures the classifier knows nothing.
  private let tellsNone: Bool
  private let style: TextStyle
  private var objects: [JSONValue] = []

  init(
    _ format: OutputFormat, _ classifier: Classifier, top: Int, tellsNone: Bool, _ style: TextStyle
  ) {
    self.format = format
    self.classifier = classifier
    self.style = style
    self.tellsNone = tellsNone
    count = min(top, classifier.classes.count)
    if format == .csv {
      let header = (1...count).flatMap { ["class_\($0)", "probability_\($0)"] }
      write(
        commaSeparated(["file"] + header + (tellsNone ? ["none_of_these", "likeness"] : [])),
        to: STDOUT_FILENO)
    }
  }

  /// - Parameters:
  ///   - ranked: indices of classes, the most probable first.
  ///   - answer: of the classifier.
  mutating func print(_ file: String, _ ranked: [Int], _ answer: Classifier.Answer) {
    let named = ranked.prefix(count).map { (classes[$0], Double(answer.probabilities[$0])) }
    switch format {
    case .text:
      write(line(file, named, isNone: tellsNone && answer.isOfNoClass) + "\n", to: STDOUT_FILENO)
    case .csv:
      var fields = named.flatMap { [$0.0, formatted($0.1, decimals: 6)] }
      if tellsNone {
        fields += [
          answer.isOfNoClass ? "yes" : "no",
          answer.likeness.map { formatted($0, decimals: 6) } ?? "",
        ]
      }
      write(commaSeparated([file] + fields), to: STDOUT_FILENO)
    case .json: objects.append(entry(file, answer))
    case .jsonLines: write(entry(file, answer).encoded + "\n", to: STDOUT_FILENO)
    }
  }

  /// Prints what can't be printed before the last photograph is known.
  func end() {
    if format == .json { write(JSONValue.array(objects).encodedForPeople, to: STDOUT_FILENO) }
  }

  private func line(_ file: String, _ named: [(String, Double)], isNone: Bool) -> String {
    let parts = named.enumerated().map { index, entry in
      let text = "\(printable(entry.0)) \(percentage(entry.1))"
      return index == 0 && !isNone ? style.apply(.bold, text) : text
    }
    let all = parts.joined(separator: ", ")
    return "\(printable(file)): "
      + (isNone ? "\(style.apply(.bold, "none of these")) (at most \(all))" : all)
  }

  private func entry(_ file: String, _ answer: Classifier.Answer) -> JSONValue {
    classifier.entry(file, answer, top: count, tellsNone: tellsNone)
  }
}
