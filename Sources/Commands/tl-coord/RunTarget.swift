import CommandLine
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
      throw RunTarget.unknown(argument, root: root)
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

  private static func unknown(_ argument: String, root: String) -> CommandLineError {
    let names = ((try? RunDirectory.runs(in: root)) ?? []).map(\.name)
    var advice = "'tl-coord runs' lists the runs there are."
    if let near = suggestion(for: argument, among: names) {
      advice = "Did you mean '\(near)'? " + advice
    }
    return CommandLineError(
      .usage, "there is no run '\(printable(argument))' in \(printable(root))", advice: advice)
  }
}
