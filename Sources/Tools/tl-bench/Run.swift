import CommandLine
import Foundation

private let imagesOption = Option<Int>(
  "images", .integer(10...1_000_000), default: 3670,
  "photographs to train on; those of --data are repeated with distinct bytes")
private let epochsOption = Option<Int>("epochs", .integer(1...1000), default: 6, "epochs")
private let workersOption = Option<Int>(
  "local-workers", .integer(1...64), default: 2, "worker processes")
private let precisionOption = Option<String?>(
  "precision", .choice(["fp32", "int8"]), "the backbone's arithmetic, if not the default")

/// A whole run as a person starts it: from the command to the end of its process.
let wholeRunBenchmark = Benchmark(
  Command(
    "run", "trains from photographs to the finished classifier",
    groups: [
      OptionGroup(
        "Run",
        [
          dataOption.declaration, backboneOption.declaration, preprocessOption.declaration,
          precisionOption.declaration, imagesOption.declaration, epochsOption.declaration,
          workersOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  guard let data = settings[dataOption], let backbone = settings[backboneOption] else {
    throw CommandLineError(.usage, "--data and --backbone are both needed")
  }
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "tl-bench-run-\(ProcessInfo.processInfo.processIdentifier)")
  defer { try? FileManager.default.removeItem(at: folder) }
  let dataset = folder.appending(path: "photographs")
  let count = try repeatPhotographs(of: data, into: dataset, count: settings[imagesOption])

  var arguments = [
    "start", "--data", dataset.path, "--backbone", absolutePath(backbone), "--run", "bench",
    "--epochs", "\(settings[epochsOption])", "--local-workers", "\(settings[workersOption])",
    "--listen", "127.0.0.1:0", "--progress", "none",
  ]
  if let precision = settings[precisionOption] { arguments += ["--precision", precision] }
  if let preprocess = settings[preprocessOption] {
    arguments += ["--preprocess", preprocess.rawValue]
  }
  let start = monotonicSeconds()
  try runCoordinator(arguments, in: folder)
  let seconds = monotonicSeconds() - start

  var report = Report()
  report.add("photographs", count)
  report.add("epochs", settings[epochsOption])
  report.add("local_workers", settings[workersOption])
  report.add("seconds", seconds, decimals: 2)
  return report
}

/// Runs the `tl-coord` that lies beside this program, and throws what it complained of if it fails.
private func runCoordinator(_ arguments: [String], in folder: URL) throws {
  let process = Process()
  process.executableURL = URL(filePath: absolutePath(Swift.CommandLine.arguments[0]))
    .deletingLastPathComponent().appending(path: "tl-coord")
  process.arguments = arguments
  process.currentDirectoryURL = folder
  let complaints = Pipe()
  process.standardError = complaints
  try process.run()
  let text = complaints.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  guard process.terminationStatus == 0 else {
    throw CommandLineError(
      .software, "tl-coord exited with \(process.terminationStatus)",
      advice: String(decoding: text, as: UTF8.self))
  }
}

func absolutePath(_ path: String) -> String {
  let here = URL(
    filePath: FileManager.default.currentDirectoryPath, directoryHint: .isDirectory)
  return URL(filePath: path, relativeTo: here).standardizedFileURL.path
}

/// Writes `count` photographs, those of the folder over and over, each with a comment of its own so
/// that no two files have the same bytes; the pictures stay as they are.
/// - Returns: how many were written.
func repeatPhotographs(of folder: String, into target: URL, count: Int) throws -> Int {
  let files = FileManager.default
  guard let paths = files.enumerator(atPath: folder)?.allObjects as? [String] else {
    throw CommandLineError(.inputOutput, "can't read \(folder)")
  }
  let photographs = paths.sorted().compactMap { path -> (path: String, bytes: Data)? in
    guard path.contains("/"), let bytes = files.contents(atPath: "\(folder)/\(path)"),
      bytes.starts(with: [0xFF, 0xD8])
    else { return nil }
    return (path, bytes)
  }
  guard !photographs.isEmpty else {
    throw CommandLineError(.data, "there is no JPEG file in a class folder of \(folder)")
  }
  for number in 0..<count {
    let (path, bytes) = photographs[number % photographs.count]
    let place = target.appending(path: path)
    let file = place.deletingLastPathComponent()
      .appending(path: "\(number)-\(place.lastPathComponent)")
    try files.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    // A JPEG comment (ITU-T T.81, B.2.4.5): marker FF FE, then a length that counts itself.
    let comment = Array("photograph \(number)".utf8)
    let segment = [0xFF, 0xFE, 0, UInt8(comment.count + 2)] + comment
    try (bytes.prefix(2) + segment + bytes.dropFirst(2)).write(to: file)
  }
  return count
}
