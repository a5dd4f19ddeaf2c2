import CommandLine
import EventFiles
import Figures
import Files
import Report
import RunFiles

/// A run for TensorBoard: written along while it goes on, or anew from its log.
enum TensorBoard {
  static let option = Option<Bool>(
    flag: "tensorboard", "write the run for TensorBoard as well, into its folder")

  /// Whether a run is to be written along: when told, and when it goes on and was written before.
  static func isWanted(_ settings: Settings, _ directory: RunDirectory, isResumed: Bool) -> Bool {
    settings[option] || isResumed && RunEventWriter.exists(in: directory.path)
  }

  /// How to look at it.
  static func advice(_ directory: RunDirectory) -> [String] {
    [
      "  tensorboard --logdir \(shellWord(directory.path))",
      "      its curves, confusion matrix and predictions (pip install tensorboard)",
    ]
  }

  /// Writes it anew, as far as the log goes.
  static func write(_ directory: RunDirectory) throws -> RunEventWriter {
    let writer = RunEventWriter(run: directory.path)
    try writer.clear()
    var reader = ProgressReader(path: directory.progressPath)
    for line in try reader.next() { try writer.take(line) }
    return writer
  }

  /// Adds the pictures of a report.
  static func add(_ validation: RunReport.Validation, to writer: RunEventWriter) throws {
    let figures = [
      (
        tag: "confusion_matrix",
        file: try Figure.confusion(validation.matrix, classes: validation.classes).png()
      ),
      (
        tag: "predictions",
        file: try Figure.predictions(validation.predictions).png(scale: Figure.tileScale)
      ),
    ]
    try writer.add(
      figures.compactMap { figure in
        PNGFile(figure.file).map { (tag: "validation/\(figure.tag)", file: $0) }
      }, step: validation.step)
  }
}

/// Writes the events of a run for TensorBoard while it goes on, and anew where somebody removed them. The
/// first failure is told and ends it; the run has no part in that.
struct EventRecorder: ~Copyable {
  private let directory: RunDirectory
  private var writer: RunEventWriter?

  init(_ directory: RunDirectory) {
    self.directory = directory
    writer = RunEventWriter(run: directory.path)
  }

  mutating func take(_ line: ProgressLine) {
    guard let open = writer else { return }
    do {
      if open.isInPlace {
        try open.take(line)
      } else {
        // The log has the line already.
        writer = try TensorBoard.write(directory)
        report(
          .note, "what was written for TensorBoard was removed: it is written anew",
          program: CoordinatorProgram.program.name)
      }
    } catch {
      writer = nil
      report(
        .warning, "no more is written for TensorBoard: \(error)",
        program: CoordinatorProgram.program.name)
    }
  }
}
