import CommandLine
import Figures
import Files
import Glibc
import Images
import Inspection
import Report
import RunFiles
import Threading

/// `tl-coord explain`: which places of a photograph speak for a class, and what layers see in it.
enum ExplainCommand {
  private static let output = Option<String?>(
    "output", .text("DIR", expectation: "a folder"),
    "where to put the pictures; the run's folder 'explanations' where it is left out")
  private static let className = Option<String?>(
    "class", .text("CLASS", expectation: "the name of a class"),
    "the class to explain instead of the one that is seen")

  static let command = Command(
    "explain", "show which places of a photograph speak for a class, and what layers see in it",
    positional: Positional(
      "IMAGE|DIR", count: 1...100_000, "photographs, or folders of them"),
    groups: [
      OptionGroup(
        "Options",
        [
          PredictCommand.run.declaration, className.declaration, output.declaration,
          PredictCommand.best.declaration, StartOptions.runs.declaration,
          PredictCommand.jsonLines.declaration,
        ])
    ],
    notes: [
      "Of each photograph NAME come three PNG files: NAME-CLASS.png with the photograph beside a map of",
      "what speaks for the class (orange) and against it (blue), NAME-first-layer.png and",
      "NAME-middle-layer.png with what channels of two layers give. docs/UNDERSTAND.md says how the map",
      "is made. A class of the name of such a layer is called class-NAME there. A file that is replaced",
      "is told of.",
      "Example:",
      "  tl-coord explain --run photos-1 --output why holiday/beach.jpg",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let classifier = try PredictCommand.classifier(settings)
    let label = try settings[className].map { try self.label($0, of: classifier.classes) }
    let found = try PredictionInputs(settings.arguments)
    let folder = try settings[output] ?? "\(PredictCommand.directory(settings).path)/explanations"
    var names = PictureNames()
    var exitCode = found.areWhole ? ExitCode.success : .data
    var wroteAny = false
    do throws(SystemError) {
      try makeFolders(folder)
    } catch {
      throw unwritable(error)
    }
    for input in found.inputs {
      let explanation: Explanation
      do throws(Classifier.Failure) {
        explanation = try classifier.explanation(
          of: input, label: label, threads: processorCount)
      } catch {
        exitCode = .data
        report(
          .error, "\(printable(input.name)): \(error.reason)",
          program: CoordinatorProgram.program.name)
        continue
      }
      let own = names.names(
        of: input.name, subject: classifier.classes[explanation.label], others: layerNames)
      for (name, bytes) in zip(own, try pictures(explanation, classifier.classes)) {
        try put(bytes, at: "\(folder)/\(name).png")
      }
      wroteAny = true
      let answer =
        settings[PredictCommand.jsonLines]
        ? json(input.name, explanation, classifier.classes).encoded
        : line(input.name, explanation, classifier.classes)
      write(answer + "\n", to: STDOUT_FILENO)
    }
    guard wroteAny else { return exitCode }
    report(
      .note, "the pictures lie in \(printable(folder))", program: CoordinatorProgram.program.name)
    return exitCode
  }

  private static func label(
    _ name: String, of classes: [String]
  ) throws(CommandLineError) -> Int {
    if let place = classes.firstIndex(of: name) { return place }
    let near =
      suggestion(for: name, among: classes).map { "Did you mean '\(printable($0))'? " } ?? ""
    let some = classes.prefix(12).map { printable($0) }.joined(separator: ", ")
    throw CommandLineError(
      .usage, "'\(printable(name))' is no class of the run",
      advice: "\(near)There are \(some)\(classes.count > 12 ? " and others" : "").")
  }

  /// What the pictures of layers are called.
  private static let layerNames = ["first-layer", "middle-layer"]

  /// The map, and what each of the layers gives.
  private static func pictures(
    _ explanation: Explanation, _ classes: [String]
  ) throws -> [[UInt8]] {
    let map = Figure.explanation(explanation, classes: classes)
    return [try map.png()]
      + (try explanation.layers.prefix(layerNames.count).map { try encodePNG(contactSheet($0)) })
  }

  private static func put(_ bytes: [UInt8], at path: String) throws(CommandLineError) {
    // The path is a C string for the length of the call.
    if unsafe access(path, F_OK) == 0 {
      report(.note, "\(printable(path)) is replaced", program: CoordinatorProgram.program.name)
    }
    do throws(SystemError) {
      try LinuxFileSystem().replaceFile(path, with: bytes)
    } catch {
      throw unwritable(error)
    }
  }

  private static func unwritable(_ error: SystemError) -> CommandLineError {
    CommandLineError(
      .inputOutput, "can't write \(printable(error.path)): \(error.reason)",
      advice: "Give '--output' a folder that you may write to and that has room.")
  }

  /// The map in numbers; `bias` and the means of the layers' maps add up to `logit`.
  private static func json(
    _ name: String, _ explanation: Explanation, _ classes: [String]
  ) -> JSONValue {
    let map = explanation.map
    return .object([
      .init("file", .string(name)),
      .init("seen", .string(classes[explanation.predicted])),
      .init("class", .string(classes[explanation.label])),
      .init("probability", .double(Double(explanation.probabilities[explanation.label]))),
      .init("logit", .double(explanation.logit)),
      .init("bias", .double(explanation.bias)),
      .init("method", .string(explanation.method.rawValue)),
      .init(
        "layers",
        .array(
          explanation.parts.map { part in
            .object([
              .init("layer", .string(part.layer)), .init("height", .integer(part.map.height)),
              .init("width", .integer(part.map.width)), .init("mean", .double(part.map.mean)),
            ])
          })),
      .init(
        "map",
        .array(
          (0..<map.height).map { row in
            .array((0..<map.width).map { .double(map.values[row * map.width + $0]) })
          })),
    ])
  }

  private static func line(
    _ name: String, _ explanation: Explanation, _ classes: [String]
  ) -> String {
    func text(_ place: Int) -> String {
      "\(printable(classes[place])) \(percentage(Double(explanation.probabilities[place])))"
    }
    let seen = "\(printable(name)): \(text(explanation.predicted))"
    return explanation.label == explanation.predicted
      ? seen : seen + ", explained for \(text(explanation.label))"
  }
}
