import CommandLine
import DaemonSupport

/// Synchronous steps a second over loopback, beside an echo of the same bytes by libzmq alone.
let stepsBenchmark = Benchmark(
  Command(
    "steps", "takes steps with workers on loopback, the features given",
    groups: [
      OptionGroup(
        "Steps",
        [
          stepsWorkersOption.declaration, stepsBatchOption.declaration,
          stepsFeaturesOption.declaration, stepsClassesOption.declaration,
          stepsRoundsOption.declaration, secondsOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  if let problem = DescriptorLimit.raise() { throw CommandLineError(.unavailable, problem) }
  let scene = try StepsScene(
    workers: settings[stepsWorkersOption], batchSize: settings[stepsBatchOption],
    featureCount: settings[stepsFeaturesOption], classCount: settings[stepsClassesOption])
  var echo: [Double] = []
  var steps: [StepsTransport: [Double]] = [:]
  // In turn, because a shared machine's speed drifts.
  for _ in 0..<settings[stepsRoundsOption] {
    echo.append(try StepsEcho.roundsPerSecond(scene, seconds: settings[secondsOption]))
    for transport in StepsTransport.allCases {
      steps[transport, default: []].append(
        try StepsCluster.stepsPerSecond(scene, over: transport, seconds: settings[secondsOption]))
    }
  }
  var report = Report()
  report.add("workers", scene.workers)
  report.add("batch_size", scene.batchSize)
  report.add("echo_rounds_per_second", median(echo))
  for transport in StepsTransport.allCases {
    let rates = steps[transport] ?? []
    report.add("steps_per_second\(transport.suffix)", median(rates))
    report.add(
      "share_of_echo\(transport.suffix)", median(zip(rates, echo).map { $0 / $1 }), decimals: 3)
  }
  return report
}

private let stepsWorkersOption = Option(
  "workers", .integer(1...4_096), default: 2, "connections")
private let stepsBatchOption = Option(
  "batch-size", .integer(1...1 << 16), default: 32, "samples of a step")
private let stepsFeaturesOption = Option(
  "features", .integer(1...16_384), default: 1_280, "features of a sample")
private let stepsClassesOption = Option(
  "classes", .integer(2...1_000), default: 5, "classes of the head")
private let stepsRoundsOption = Option(
  "rounds", .integer(1...1_000), default: 3, "how often echo and steps take turns")
