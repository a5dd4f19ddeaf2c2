import ClusterSimulation
import CommandLine
import Foundation

// tl-simulate runs schedules of faults against a simulated cluster. One that fails prints its seed;
// the same seed with --trace tells the whole story. Every eighth schedule is followed by a calm one with
// one good worker among strangers, which must not take much longer than that worker alone.

private let seedOption = Option(
  "seed", .integer(0...UInt64.max), default: 1, "the first schedule's seed")
private let schedulesOption = Option(
  "schedules", .integer(1...1_000_000_000), default: 1, "how many, with seeds one after another")
private let traceOption = Option<Bool>(flag: "trace", "tell what happens")
private let calmOption = Option<Bool>(flag: "calm", "without faults")
private let crowdOption = Option<Int?>(
  "crowd", .integer(1...16_384), "a large run with so many workers instead")
private let everyFailureOption = Option<Bool>(flag: "every-failure", "go on after a failure")

private let program = Program(
  name: "tl-simulate", version: version,
  summary: "runs a simulated cluster through schedules of faults",
  commands: [
    Command(
      "run", "runs schedules and says which of them fail",
      groups: [
        OptionGroup(
          "Schedules",
          [
            seedOption.declaration, schedulesOption.declaration, calmOption.declaration,
            crowdOption.declaration,
            traceOption.declaration, everyFailureOption.declaration,
          ])
      ])
  ])

/// - Returns: the exit code.
private func simulate(_ settings: Settings) throws -> Int32 {
  let first = settings[seedOption]
  var failures = 0
  var totals = Totals()
  for seed in first..<(first &+ UInt64(settings[schedulesOption])) {
    announce(seed: seed)
    let scenario =
      try settings[crowdOption].map { try Scenario(seed: seed, crowd: $0) }
      ?? Scenario(seed: seed, isCalm: settings[calmOption])
    let trace: ((String) -> Void)? = settings[traceOption] ? { print($0) } : nil
    var report = try Simulation(scenario, trace: trace).run()
    if report.failure == nil, seed % 8 == 0, settings[crowdOption] == nil {
      totals.add(report)
      report = try Liveness.check(seed: seed, trace: trace)
    }
    totals.add(report)
    guard let failure = report.failure else { continue }
    failures += 1
    print("seed \(seed) fails after \(report.virtualSeconds) s: \(failure)")
    if !settings[everyFailureOption] { break }
  }
  print(totals)
  return failures == 0 ? 0 : ExitCode.software.rawValue
}

do {
  var arguments = Array(Swift.CommandLine.arguments.dropFirst())
  if arguments.first?.hasPrefix("-") != false { arguments.insert("run", at: 0) }
  switch try program.parse(arguments, environment: ProcessInfo.processInfo.environment) {
  case .show(let text): print(text)
  case .run(_, let settings): exit(try simulate(settings))
  }
} catch let error as CommandLineError {
  write("tl-simulate: \(error)\n", to: STDERR_FILENO)
  exit(error.exitCode.rawValue)
}
