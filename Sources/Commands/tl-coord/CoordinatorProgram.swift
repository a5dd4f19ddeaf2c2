import CommandLine
import CoordinatorDaemon
import Files
import Glibc
import HTTP
import Inspection
import Kernels
import Report
import RunFiles
import Store

/// The program as a whole: which command is meant, and what its failure is called.
enum CoordinatorProgram {
  static let program = Program(
    name: "tl-coord", version: version,
    summary: "trains image classifiers on photographs, with the computers at hand",
    commands: [
      StartOptions.command, MonitorCommand.command, ShowCommand.command, StatusCommand.command,
      RunsCommand.command,
      VerifyCommand.command,
      PredictCommand.command, ServeCommand.command, EvaluateCommand.command, ExportCommand.command,
      ReportCommand.command,
      SuspectsCommand.command, ExplainCommand.command,
      FetchCommand.command, CacheCommand.command, TokenCommand.command,
    ],
    environment: [
      EnvironmentVariable(
        "TL_KERNELS", choices: InstructionSet.allCases.filter(\.isSupported).map(\.rawValue),
        "the instructions to compute with, instead of the fastest of this machine"),
      EnvironmentVariable("NO_COLOR", "set to anything: no colours"),
    ])

  static func main() -> ExitCode {
    let terminal = Terminal.standardOutput(environment)
    do {
      let own = OwnArguments()
      let invocation = try program.parse(
        own.texts, notUTF8: own.notUTF8, environment: environment, helpStyle: terminal.style)
      switch invocation {
      case .show(let text):
        write(text, to: STDOUT_FILENO)
        return outcome(of: "help", .success)
      case .run(let command, let settings):
        for warning in settings.warnings { report(.warning, warning, program: program.name) }
        return outcome(of: command, try run(command, settings, terminal))
      }
    } catch {
      return fail(error)
    }
  }

  /// A command that is there for what it prints has failed where that was lost; a run has not.
  private static func outcome(of command: String, _ exitCode: ExitCode) -> ExitCode {
    let prints = command != StartOptions.command.name && command != MonitorCommand.command.name
    guard exitCode == .success, prints, lostOutput != 0 else { return exitCode }
    let reason = unsafe String(cString: strerror(lostOutput))
    report(.error, "the answer can't be written to stdout: \(reason)", program: program.name)
    return .inputOutput
  }

  private static func run(
    _ command: String, _ settings: Settings, _ terminal: Terminal
  ) throws -> ExitCode {
    switch command {
    case StartOptions.command.name: try StartCommand.run(settings, terminal)
    case MonitorCommand.command.name: try MonitorCommand.run(settings, terminal)
    case ShowCommand.command.name: try ShowCommand.run(settings, terminal)
    case StatusCommand.command.name: try StatusCommand.run(settings, terminal)
    case RunsCommand.command.name: try RunsCommand.run(settings, terminal)
    case VerifyCommand.command.name: try VerifyCommand.run(settings, terminal)
    case PredictCommand.command.name: try PredictCommand.run(settings, terminal)
    case ServeCommand.command.name: try ServeCommand.run(settings, terminal)
    case EvaluateCommand.command.name: try EvaluateCommand.run(settings, terminal)
    case ReportCommand.command.name: try ReportCommand.run(settings, terminal)
    case SuspectsCommand.command.name: try SuspectsCommand.run(settings, terminal)
    case ExplainCommand.command.name: try ExplainCommand.run(settings, terminal)
    case ExportCommand.command.name: try ExportCommand.run(settings, terminal)
    case FetchCommand.command.name: try FetchCommand.run(settings, terminal)
    case CacheCommand.command.name: try CacheCommand.run(settings, terminal)
    case TokenCommand.command.name: try TokenCommand.run(settings, terminal)
    default: preconditionFailure("'\(command)' is declared and not carried out")
    }
  }

  private static func fail(_ error: any Error) -> ExitCode {
    report(.error, "\(error)", program: program.name)
    switch error {
    case let error as CommandLineError: return error.exitCode
    case let error as RunFilesError: return ExitCode(error.code)
    case let error as CoordinatorError: return ExitCode(error.code)
    case let error as InspectionError: return ExitCode(error.code)
    case is StoreError, is ReportError, is SystemError: return .inputOutput
    case is HTTPServerError: return .unavailable
    default: return .software
    }
  }
}

extension ExitCode {
  init(_ code: RunFilesError.Code) {
    switch code {
    case .damaged: self = .data
    case .cannotCreate: self = .cannotCreate
    case .inputOutput: self = .inputOutput
    case .configuration: self = .configuration
    }
  }

  init(_ code: CoordinatorError.Code) {
    switch code {
    case .data: self = .data
    case .unavailable: self = .unavailable
    case .cannotCreate: self = .cannotCreate
    case .inputOutput: self = .inputOutput
    case .configuration: self = .configuration
    }
  }

  init(_ code: InspectionError.Code) {
    switch code {
    case .data: self = .data
    case .inputOutput: self = .inputOutput
    case .configuration: self = .configuration
    }
  }
}
