import CommandLine

private let roundsOption = Option(
  "rounds", .integer(1...10_000), default: 20, "how often each thing happens")
private let onlyOption = Option<String?>(
  "only", .text("WHAT", expectation: "kill, freeze, thaw or restart"),
  "only what begins so: kill, freeze, thaw or restart")

/// How long a cluster of real processes takes to get over a loss.
let recoveryCommand = Command(
  "recovery", "measures how soon a cluster gets over a lost worker or coordinator",
  groups: [
    OptionGroup("Rounds", [roundsOption.declaration, onlyOption.declaration])
  ],
  notes: [
    "Lines of steps come each tenth of a second: times without steps are known to that."
  ])

private let losses: [(name: String, loss: Recovery.Loss)] = [
  ("kill a worker", .killedWorker),
  ("freeze a worker for good", .frozenWorker),
  ("thaw a worker after 2.5 s", .thawedWorker(2.5)),
  ("restart the coordinator after 1 s", .coordinator(1)),
  ("restart the coordinator after 20 s", .coordinator(20)),
  ("restart the coordinator after 40 s", .coordinator(40)),
]

func measureRecovery(_ settings: Settings, say: (String) -> Void) throws {
  let prefix = settings[onlyOption] ?? ""
  let chosen = losses.filter { $0.name.hasPrefix(prefix) }
  guard !chosen.isEmpty else {
    throw CommandLineError(
      .usage, "nothing begins with '\(prefix)'",
      advice: "--only takes kill, freeze, thaw or restart.")
  }
  say("seconds, median and longest of \(settings[roundsOption]) rounds with 3 workers")
  for (name, loss) in chosen {
    let recovery = try Recovery(name: "recovery")
    let times = try (0..<settings[roundsOption]).map { _ in try recovery.round(loss) }
    var words = ["\(name):"]
    func add(_ what: String, _ values: [Double?]) {
      let sorted = values.compactMap { $0 }.sorted()
      guard let longest = sorted.last else { return }
      let median = sorted[sorted.count / 2]
      words.append(
        "\(what) \(formatted(median, decimals: 2)) / \(formatted(longest, decimals: 2))")
    }
    add("noticed", times.map(\.noticed))
    add("longest time without a step", times.map(\.longestPause))
    add("in all without steps", times.map(\.stoodStill))
    add("all workers back", times.map(\.back))
    say(words[0] + " " + words.dropFirst().joined(separator: ", "))
  }
}
