/// How a command ends: the codes of sysexits(3), so that scripts can tell the reasons apart.
public enum ExitCode: Int32, Sendable, CaseIterable {
  case success = 0
  /// The command line itself is wrong.
  case usage = 64
  /// The input (photographs, a backbone, a checkpoint) is wrong, or the run diverged.
  case data = 65
  /// Another machine or service can't be reached.
  case unavailable = 69
  /// A fault of the program.
  case software = 70
  /// An output exists already, is in use, or can't be created.
  case cannotCreate = 73
  /// Reading or writing failed.
  case inputOutput = 74
  /// Stopped before the end, and able to go on with `--resume`.
  case interrupted = 75
  /// The other side refused.
  case refused = 77
  /// The configuration contradicts itself or the run it should continue.
  case configuration = 78

  /// What it means, in a sentence without capital and full stop.
  var summary: String {
    switch self {
    case .success: "all is well"
    case .usage: "the command line is wrong"
    case .data: "photographs, a network or a checkpoint are wrong, or training diverged"
    case .unavailable: "another machine or service can't be reached"
    case .software: "a fault of the program"
    case .cannotCreate: "an output exists already, is in use, or can't be created"
    case .inputOutput: "reading or writing failed"
    case .interrupted: "stopped before the end, and able to go on with --resume"
    case .refused: "the other side refused"
    case .configuration: "the configuration contradicts itself or the run that it should continue"
    }
  }
}

/// Why a command can't go on: what is wrong, by name, and what to do next.
public struct CommandLineError: Error, Equatable, CustomStringConvertible {
  public let exitCode: ExitCode
  /// Names the option, file or address.
  public let message: String
  /// What to do next; empty where the message says it all.
  public let advice: String

  public init(_ exitCode: ExitCode, _ message: String, advice: String = "") {
    self.exitCode = exitCode
    self.message = message
    self.advice = advice
  }

  public var description: String { advice.isEmpty ? message : "\(message)\n\(advice)" }
}
