import CommandLine
import Foundation

/// One benchmark: how it is called and what it measures.
struct Benchmark: Sendable {
  let command: Command
  let run: @Sendable (Settings) throws -> Report

  init(_ command: Command, _ run: @escaping @Sendable (Settings) throws -> Report) {
    self.command = command
    self.run = run
  }
}

/// Prints the figures as one line of JSON instead of a table.
let jsonOption = Option<Bool>(flag: "json", "print one line of JSON")

/// Parses the arguments, runs the benchmark that they name and prints its report.
/// - Returns: the exit code.
func runBenchmark(of program: Program, among benchmarks: [Benchmark]) -> Int32 {
  do {
    let arguments = Array(Swift.CommandLine.arguments.dropFirst())
    switch try program.parse(arguments, environment: ProcessInfo.processInfo.environment) {
    case .show(let text):
      print(text, terminator: text.hasSuffix("\n") ? "" : "\n")
    case .run(let name, let settings):
      guard let benchmark = benchmarks.first(where: { $0.command.name == name }) else {
        preconditionFailure("the parser returned a command that it was not given")
      }
      let report = try benchmark.run(settings)
      print(settings[jsonOption] ? report.json : report.lines)
    }
    return 0
  } catch let error as CommandLineError {
    complain("\(error)")
    return error.exitCode.rawValue
  } catch {
    complain("\(error)")
    return ExitCode.data.rawValue
  }
}

private func complain(_ text: String) {
  _ = write("tl-bench: \(text)\n", to: STDERR_FILENO)
}
