import CommandLine
import Foundation
import Inspection
import Threading

/// `tl-coord export --check`: whether the program that the model is for sees the same as tl in the same
/// pixels: as it usually runs, and with the file's operators as they are written. With int8 they differ,
/// but for the exact form: every runtime has an int8 arithmetic of its own.
enum ExportCheck {
  /// What one way of running the model gave.
  private struct Comparison {
    let how: String
    let sameClassCount: Int
    let differenceMax: Double
    let differenceMean: Double
    /// Nil where the classifier isn't calibrated.
    let likeness: (differenceMax: Double, sameVerdictCount: Int)?

    /// Nil for a line that is no answer.
    init?(_ line: Substring) {
      let fields = line.split(separator: "\t")
      guard [5, 7].contains(fields.count), fields[0] == CheckScript.mark,
        let same = Int(fields[2]), let most = Double(fields[3]), let mean = Double(fields[4])
      else { return nil }
      how = printable(String(fields[1]))
      (sameClassCount, differenceMax, differenceMean) = (same, most, mean)
      guard fields.count == 7 else {
        likeness = nil
        return
      }
      guard let most = Double(fields[5]), let same = Int(fields[6]) else { return nil }
      likeness = (most, same)
    }

    func text(of count: Int) -> String {
      func number(_ value: Double) -> String { formatted(value, decimals: 6) }
      let classes =
        "\(how): the same class for \(sameClassCount) of \(count) photographs, probabilities differ by at "
        + "most \(number(differenceMax)) (\(number(differenceMean)) in the mean)\n"
      guard let likeness else { return classes }
      return classes
        + "\(how): the same answer to 'none of these?' for \(likeness.sameVerdictCount), "
        + "likeness differs by at most \(number(likeness.differenceMax))\n"
    }
  }

  static func run(
    model: String, _ format: ExportFormat, _ classifier: Classifier, photographs: [String]
  ) throws -> ExitCode {
    let check = try ModelCheck(classifier, photographs, threads: processorCount)
    guard check.count > 0 else {
      throw CommandLineError(.data, "none of the photographs can be decoded")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "tl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in [
      ("pixels", check.pixels), ("probabilities", check.probabilities), ("scale", check.scale),
      ("likeness", check.likeness),
    ] {
      try Data(bytes).write(to: folder.appending(path: name))
    }
    let answer = try python([
      "-c", CheckScript.text(format), model, folder.path(percentEncoded: false), "\(check.count)",
      "\(check.likenessMin)",
    ])
    let lines = answer.text.split(separator: "\n")
    let comparisons = lines.compactMap { Comparison($0) }
    guard answer.exitCode == 0, comparisons.count == 2 else {
      throw CommandLineError(
        .unavailable, "the model can't be checked: \(printable(String(lines.last ?? "")))",
        advice:
          "Have Python with what it takes: pip install \(format.package) numpy; TL_PYTHON names "
          + "another.")
    }
    for comparison in comparisons { write(comparison.text(of: check.count), to: STDOUT_FILENO) }
    // Runtimes round int8 in their own ways, so that a class near a border may be another.
    let differing = comparisons.map { check.count - $0.sameClassCount }.max() ?? 0
    return differing * 100 <= check.count ? .success : .data
  }

  private static func python(_ arguments: [String]) throws -> (exitCode: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let program = ProcessInfo.processInfo.environment["TL_PYTHON"] ?? "python3"
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: bytes, as: UTF8.self))
  }
}
