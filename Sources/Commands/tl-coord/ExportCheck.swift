import CommandLine
import Files
import Foundation
import Glibc
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

    /// Two classes whose probabilities differ by as much may change places.
    static let borderMax = 0.05

    /// Whether no class differs but where two are about equally probable, as far as can be told from the
    /// largest difference, or hardly any.
    func areClose(of count: Int) -> Bool {
      let differing = count - sameClassCount
      return differing * 100 <= count || differenceMax <= Self.borderMax && differing * 10 <= count
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

  /// How often a model is run: as it usually is, and as it is written.
  private static let wayCount = 2

  static func run(
    model: String, _ format: ExportFormat, _ classifier: Classifier, photographs: [String]
  ) throws -> ExitCode {
    var display = CountDisplay(total: photographs.count, of: "photographs as tl sees them")
    let check = try ModelCheck(classifier, photographs, threads: processorCount) {
      display.show(done: $0)
    }
    display.erase()
    guard check.count > 0 else {
      throw CommandLineError(.data, "none of the photographs can be decoded")
    }
    let folder = FileManager.default.temporaryDirectory.path() + "/tl-\(UUID().uuidString)"
    defer { try? removeAll(folder) }
    do throws(SystemError) {
      try keep(check, in: folder)
    } catch {
      throw CommandLineError(
        .inputOutput,
        "what is compared can't be kept in \(printable(error.path)): \(error.reason)",
        advice: "Check fewer photographs, or have TMPDIR name a folder with more room.")
    }
    let answer = try python(
      [
        "-c", CheckScript.text(format), model, folder, "\(check.count)", "\(check.likenessMin)",
      ], pictureCount: check.count)
    let comparisons = answer.lines.compactMap { Comparison($0[...]) }
    guard answer.exitCode == 0, comparisons.count == wayCount else {
      throw CommandLineError(
        .unavailable, "the model can't be checked: \(printable(answer.lines.last ?? ""))",
        advice:
          "Have Python with what it takes: pip install \(format.package) numpy; TL_PYTHON names "
          + "another.")
    }
    if check.count < photographs.count {
      write(
        "\(photographs.count - check.count) of \(photographs.count) photographs can't be decoded and aren't "
          + "compared.\n", to: STDOUT_FILENO)
    }
    for comparison in comparisons { write(comparison.text(of: check.count), to: STDOUT_FILENO) }
    // Runtimes round int8 in their own ways, so that a class near a border may be another.
    guard comparisons.contains(where: { $0.sameClassCount < check.count }) else { return .success }
    guard comparisons.allSatisfy({ $0.areClose(of: check.count) }) else {
      throw CommandLineError(
        .data, "the model answers differently from tl",
        advice: "Don't use it; try a newer \(format.package), or another --format.")
    }
    if comparisons.allSatisfy({ $0.differenceMax <= Comparison.borderMax }) {
      write("Where the classes differ, two are about equally probable.\n", to: STDOUT_FILENO)
    }
    return .success
  }

  private static func keep(_ check: ModelCheck, in folder: String) throws(SystemError) {
    try makeFolders(folder, permissions: 0o700)
    for (name, bytes) in [
      ("pixels", check.pixels), ("probabilities", check.probabilities), ("scale", check.scale),
      ("likeness", check.likeness),
    ] {
      let path = "\(folder)/\(name)"
      try LinuxFileSystem().withDescriptor(path, O_WRONLY | O_CREAT | O_EXCL) {
        (descriptor) throws(SystemError) in
        try LinuxFileSystem().writeAll(bytes, to: descriptor, path: path)
      }
    }
  }

  /// Runs a program of `CheckScript` and shows how far it has come.
  ///
  /// - Returns: how it ended, and its lines but for those that say how far it has come.
  private static func python(
    _ arguments: [String], pictureCount: Int
  ) throws(CommandLineError) -> (exitCode: Int32, lines: [String]) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let program = ProcessInfo.processInfo.environment["TL_PYTHON"] ?? "python3"
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    do { try process.run() } catch {
      throw CommandLineError(
        .unavailable, "Python can't be run: /usr/bin/env is missing, or no process is left",
        advice: "TL_PYTHON names an interpreter.")
    }
    var progress = CheckProgress(pictureCount: pictureCount, wayCount: wayCount)
    var lines: [String] = []
    var rest: [UInt8] = []
    while true {
      let piece = output.fileHandleForReading.availableData
      guard !piece.isEmpty else { break }
      rest += piece
      var whole = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      rest = Array(whole.removeLast())
      lines += whole.map { String(decoding: $0, as: UTF8.self) }.filter { !progress.take($0) }
    }
    process.waitUntilExit()
    progress.erase()
    lines.append(String(decoding: rest, as: UTF8.self))
    return (process.terminationStatus, lines.filter { !$0.isEmpty })
  }
}

/// How far a program of `CheckScript` has come, for people.
private struct CheckProgress {
  private let pictureCount: Int
  private var waysDone = 0
  private var display: CountDisplay

  init(pictureCount: Int, wayCount: Int) {
    self.pictureCount = pictureCount
    display = CountDisplay(total: wayCount * pictureCount, of: "photographs as the model sees them")
  }

  /// Shows what a line says; false where it is another line.
  mutating func take(_ line: String) -> Bool {
    let fields = line.split(separator: "\t")
    guard fields.count == 2, fields[0] == CheckScript.progressMark, let done = Int(fields[1])
    else { return false }
    display.show(done: waysDone * pictureCount + done)
    if done == pictureCount { waysDone += 1 }
    return true
  }

  mutating func erase() { display.erase() }
}
