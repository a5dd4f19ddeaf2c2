import Access
import CommandLine
import Digest
import Foundation
import Options
import WorkerDaemon
import ZeroMQ

private let imagesOption = Option<Int>(
  "images", .integer(10...1_000_000), default: 1000,
  "photographs to send; those of --data are repeated with distinct bytes")
private let roundsOption = Option<Int>(
  "rounds", .integer(1...100), default: 5, "rounds of each way")

/// How fast photographs reach a worker from a coordinator, which are the real ones, in two processes.
let fetchBenchmark = Benchmark(
  Command(
    "fetch", "sends photographs from a coordinator to a worker, by each way there is",
    groups: [
      OptionGroup(
        "Fetch",
        [
          dataOption.declaration, imagesOption.declaration, roundsOption.declaration,
          jsonOption.declaration,
        ])
    ],
    notes: ["The limit is reading the files and taking their SHA-256, on one thread."])
) { settings in
  guard let data = settings[dataOption] else {
    throw CommandLineError(.usage, "--data is missing", advice: "Name a folder of photographs.")
  }
  let folder = FileManager.default.temporaryDirectory
    .appending(path: "tl-bench-\(ProcessInfo.processInfo.processIdentifier)")
  defer { try? FileManager.default.removeItem(at: folder) }
  let dataset = folder.appending(path: "photographs")
  let count = try repeatPhotographs(of: data, into: dataset, count: settings[imagesOption])
  let coordinator = try WaitingCoordinator(dataset: dataset, in: folder)
  defer { coordinator.end() }
  let endpoint = try Endpoint(coordinator.address)
  let token = try Token(coordinator.token)

  let ways: [(name: String, door: CoordinatorDoor)] = [
    ("unix_socket", CoordinatorDoor(ownMachine: endpoint, coordinator.environment)),
    ("encrypted", CoordinatorDoor(endpoint, token)),
  ]
  var rates: [String: [Double]] = [:]
  var digests: [ContentDigest] = []
  for _ in 0..<settings[roundsOption] {
    digests = []
    let start = monotonicSeconds()
    var byteCount = 0
    for path in try FileManager.default.subpathsOfDirectory(atPath: dataset.path)
    where path.hasSuffix(".jpg") {
      let bytes = [UInt8](try Data(contentsOf: dataset.appending(path: path)))
      byteCount += bytes.count
      digests.append(.sha256(bytes))
    }
    rates["limit", default: []].append(rate(byteCount, since: start))
    for (name, door) in ways {
      let start = monotonicSeconds()
      let byteCount = try ObjectFetching.fetch(digests, through: door, ahead: 32)
      rates[name, default: []].append(rate(byteCount, since: start))
    }
  }

  var report = Report()
  report.add("photographs", count)
  for name in ["limit"] + ways.map(\.name) {
    report.add("\(name)_mb_per_second", median(rates[name, default: [0]]), decimals: 0)
  }
  return report
}

private func rate(_ byteCount: Int, since start: Double) -> Double {
  Double(byteCount) / 1e6 / (monotonicSeconds() - start)
}

/// A coordinator that has read its photographs and waits for workers, with keys of its own.
private final class WaitingCoordinator {
  let environment: [String: String]
  let token: String
  private(set) var address = ""
  private let process = Process()

  init(dataset: URL, in folder: URL) throws {
    let own = [
      "XDG_STATE_HOME": folder.path + "/state", "XDG_RUNTIME_DIR": folder.path,
      "XDG_CACHE_HOME": folder.path + "/cache",
    ]
    environment = ProcessInfo.processInfo.environment.merging(own) { $1 }
    try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder.path)
    let asking = Process()
    token = try output(of: asking, ["token", "show"], environment) { $0 }
    asking.waitUntilExit()
    let arguments = [
      "start", "--data", dataset.path, "--run", "bench", "--runs", folder.path + "/runs",
      "--listen",
      "127.0.0.1:0", "--local-workers", "0", "--progress", "json",
    ]
    address = try output(of: process, arguments, environment) { line in
      guard let start = line.range(of: "\"listen\":\"") else { return nil }
      return String(line[start.upperBound...].prefix { $0 != "\"" })
    }
  }

  func end() {
    process.terminate()
    process.waitUntilExit()
  }
}

/// The first of a command's lines in which something is found.
private func output(
  of process: Process, _ arguments: [String], _ environment: [String: String],
  find: (String) -> String?
) throws -> String {
  process.executableURL = URL(filePath: absolutePath(Swift.CommandLine.arguments[0]))
    .deletingLastPathComponent().appending(path: "tl-coord")
  process.arguments = arguments
  process.environment = environment
  let lines = Pipe()
  process.standardOutput = lines
  // It says that it was interrupted, which it is told to be.
  process.standardError = FileHandle.nullDevice
  try process.run()
  var text = ""
  while case let data = lines.fileHandleForReading.availableData, !data.isEmpty {
    text += String(decoding: data, as: UTF8.self)
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if let found = find(String(line)) { return found }
    }
  }
  throw CommandLineError(.software, "tl-coord \(arguments[0]) ended without an answer")
}
