import CommandLine
import Files
import Options
import RunFiles

/// What `monitor` and `status` look at.
enum RunTarget {
  case run(RunDirectory)
  case coordinator(HostPort)

  /// - Parameters:
  ///   - argument: a run's name, a run's folder, or HOST:PORT; nil stands for the newest run.
  ///   - root: the folder of all runs.
  init(_ argument: String?, root: String) throws {
    guard let argument else {
      guard let newest = try newestRun(in: root) else {
        throw RunTarget.noRun(root, orElse: ", or give HOST:PORT of a coordinator")
      }
      self = .run(newest)
      return
    }
    if let directory = RunTarget.directory(argument, root: root) {
      self = .run(directory)
    } else if let address = HostPort(argument), address.port > 0 {
      self = .coordinator(address)
    } else {
      throw RunTarget.unknown(argument, root: root)
    }
  }

  /// The run that something is to be done with by its files, which an address doesn't give.
  ///
  /// - Parameters:
  ///   - argument: a run's name or folder; nil stands for the newest run.
  ///   - user: the command or option that is given it.
  static func directory(
    _ argument: String?, root: String, for user: String
  ) throws -> RunDirectory {
    guard let argument else {
      guard let newest = try newestRun(in: root) else { throw noRun(root) }
      return newest
    }
    guard case .run(let directory) = try RunTarget(argument, root: root) else {
      throw CommandLineError(
        .usage, "'\(user)' needs a run's name or folder, not an address",
        advice: "'tl-coord runs' lists the runs.")
    }
    return directory
  }

  /// The run whose classifier is meant.
  ///
  /// - Parameter argument: a run's name or folder; nil stands for the newest run that has trained for an
  ///   epoch, or the newest of all where none has.
  /// - Returns: it, and newer runs that were passed over, the newest first.
  static func classifier(
    _ argument: String?, root: String
  ) throws -> (run: RunDirectory, passedOver: [RunDirectory]) {
    guard argument == nil else {
      return (try directory(argument, root: root, for: "--run"), [])
    }
    let runs = try runsByAge(in: root)
    guard let newest = runs.first else { throw noRun(root) }
    guard let place = runs.firstIndex(where: \.hasTrained) else { return (newest, []) }
    return (runs[place], Array(runs[..<place]))
  }

  /// - Parameter alternative: to a start, as the end of a sentence.
  private static func noRun(_ root: String, orElse alternative: String = "") -> CommandLineError {
    guard isFolder(root) else {
      return CommandLineError(
        .usage, "there is no folder \(printable(root)), and so no run",
        advice:
          "Start one with 'tl-coord start'\(alternative), or name the folder of all runs with "
          + "'--runs'.")
    }
    return CommandLineError(
      .usage, "there is no run in \(printable(root)) yet",
      advice: "Start one with 'tl-coord start'\(alternative).")
  }

  /// The run of this name, or in this folder.
  private static func directory(_ argument: String, root: String) -> RunDirectory? {
    if let named = try? RunDirectory(root: root, name: argument), named.exists { return named }
    var parts = PathNames.all(of: argument)
    guard let name = parts.popLast() else { return nil }
    let parent = (PathNames.isAbsolute(argument) ? "/" : "") + parts.joined(separator: "/")
    let folder = try? RunDirectory(root: parent.isEmpty ? "." : parent, name: String(name))
    return folder.flatMap { $0.exists ? $0 : nil }
  }

  /// More names than that are no help.
  private static let namesMax = 12

  /// There is no such run; names the runs there are.
  static func unknown(_ argument: String, root: String) -> CommandLineError {
    let names = ((try? RunDirectory.runs(in: root)) ?? []).map(\.name)
    let near = suggestion(for: argument, among: names).map { "Did you mean '\($0)'? " } ?? ""
    let list = names.prefix(namesMax).map { printable($0) }.joined(separator: ", ")
    let rest =
      names.count > namesMax ? " and \(names.count - namesMax) more; 'tl-coord runs' lists all" : ""
    let advice =
      names.isEmpty
      ? "There are no runs in that folder; '--runs DIR' names another."
      : near + "The runs there are: \(list)\(rest)."
    return CommandLineError(
      .usage, "there is no run '\(printable(argument))' in \(printable(root))", advice: advice)
  }
}
