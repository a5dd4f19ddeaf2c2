import CommandLine
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
        throw CommandLineError(
          .usage, "there is no run in \(printable(root)) yet",
          advice: "Start one with 'tl-coord start', or give HOST:PORT of a coordinator.")
      }
      self = .run(newest)
      return
    }
    if let directory = RunTarget.directory(argument, root: root) {
      self = .run(directory)
    } else if let address = HostPort(argument), address.port > 0 {
      self = .coordinator(address)
    } else {
      throw RunTarget.unknown(argument, root: root, .usage)
    }
  }

  /// The run of this name, or in this folder.
  private static func directory(_ argument: String, root: String) -> RunDirectory? {
    if let named = try? RunDirectory(root: root, name: argument), named.exists { return named }
    var parts = argument.split(separator: "/", omittingEmptySubsequences: true)
    guard argument.contains("/"), let name = parts.popLast() else { return nil }
    let parent = (argument.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
    let folder = try? RunDirectory(root: parent.isEmpty ? "." : parent, name: String(name))
    return folder.flatMap { $0.exists ? $0 : nil }
  }

  /// More names than that are no help.
  private static let namesMax = 12

  /// There is no such run; names the runs there are.
  static func unknown(
    _ argument: String, root: String, _ exitCode: ExitCode
  ) -> CommandLineError {
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
      exitCode, "there is no run '\(printable(argument))' in \(printable(root))", advice: advice)
  }
}
