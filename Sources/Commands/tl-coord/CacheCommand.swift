import CommandLine
import Glibc
import Options
import RunFiles
import Store

/// `tl-coord cache`: shows, checks and empties what is kept for later runs.
enum CacheCommand {
  private static let verify = Option<Bool>(
    flag: "verify", "read everything and count what is damaged")
  private static let prune = Option<Double?>(
    "prune", .number(0...1_000_000, placeholder: "GIB"),
    "remove what was used longest ago, until at most this many GiB are left")
  private static let clear = Option<Bool>(flag: "clear", "remove everything")

  static let command = Command(
    "cache", "show, check or empty what is kept for later runs",
    groups: [
      OptionGroup(
        "Options",
        [
          verify.declaration, prune.declaration, clear.declaration,
          StartOptions.cache.declaration, StatusCommand.json.declaration,
        ])
    ],
    notes: [
      "A photograph's features never change, so they are computed once and kept for all runs, "
        + "and so are backbones in int8. Nothing is lost with them but the time that it takes to "
        + "compute them again."
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    guard let path = settings[StartOptions.cache].folder(environment) else {
      throw CommandLineError(
        .usage, "features are not kept: --cache is 'off', or there is no home folder",
        advice: "Name the folder with '--cache DIR'.")
    }
    let maintenance = StoreMaintenance(folder: StoreFolder(path)) { text in
      report(.warning, printable(text), program: CoordinatorProgram.program.name)
    }
    var facts: [(name: String, text: String, json: JSONValue.Member)] = []
    if settings[clear] { try maintenance.clear() }
    if let gibibytes = settings[prune] {
      let removed = try maintenance.prune(toBytes: Int(gibibytes * 1_073_741_824))
      facts.append(("removed", formatted(removed), .init("removed", .integer(removed))))
    }
    var exitCode = ExitCode.success
    if settings[verify] {
      let (_, damaged) = try maintenance.verify()
      facts.append(("damaged", formatted(damaged), .init("damaged", .integer(damaged))))
      if damaged > 0 { exitCode = .data }
    }
    let summary = try maintenance.summary()
    facts.insert(("folder", printable(path), .init("folder", .string(path))), at: 0)
    facts.insert(
      ("features", formatted(summary.rowCount), .init("features", .integer(summary.rowCount))),
      at: 1)
    facts.insert(
      (
        "backbones", formatted(summary.objectCount),
        .init("backbones", .integer(summary.objectCount))
      ),
      at: 2)
    facts.insert(
      ("on disk", byteCount(summary.byteCount), .init("bytes", .integer(summary.byteCount))), at: 3)
    if settings[StatusCommand.json] {
      write(JSONValue.object(facts.map(\.json)).encodedForPeople, to: STDOUT_FILENO)
    } else {
      let width = 10
      for fact in facts {
        let name = fact.name + String(repeating: " ", count: width - fact.name.count)
        write("\(name)\(fact.text)\n", to: STDOUT_FILENO)
      }
    }
    return exitCode
  }
}

/// Where features are kept for later runs.
enum CacheChoice: Equatable, Sendable {
  /// In the user's folder for such things.
  case standard
  case folder(String)
  case off

  /// Nil where features aren't kept.
  func folder(_ environment: [String: String]) -> String? {
    switch self {
    case .standard: StoreFolder.standard { environment[$0] }?.path
    case .folder(let path): path
    case .off: nil
    }
  }
}

extension ValueReader where Value == CacheChoice {
  static var cacheChoice: Self {
    Self(placeholder: "DIR|off", expectation: "a folder, or 'off'") { text in
      switch text {
      case "": nil
      case "off": .off
      default: text.utf8.count <= 4096 ? .folder(text) : nil
      }
    }
  }
}
