import CommandLine
import Digest
import Foundation
import Options

// tl-chaos disturbs real processes: a coordinator and its workers on loopback are killed, frozen,
// restarted and added to, and the head must come out as if nothing had happened. It also measures
// how long they take to get over it.

private let runsOption = Option(
  "runs", .integer(1...1_000_000), default: 5, "how many runs to disturb")
private let seedOption = Option<UInt64?>(
  "seed", ValueReader<UInt64>.integer(0...UInt64.max).optional, default: nil, shown: "random",
  "where the faults come from")
private let firstOption = Option(
  "first", .integer(0...1_000_000), default: 0, "the number of the first run")
private let faultsOption = Option(
  "faults", .integer(1...1_000), default: 5, "faults of each run, at least")
private let epochsOption = Option(
  "epochs", .integer(1...100_000), default: 600, "epochs of each run: long enough for the faults")

private let program = Program(
  name: "tl-chaos", version: version,
  summary: "kills, freezes, restarts and adds real processes of runs, and compares their results",
  commands: [
    Command(
      "run", "disturbs runs and says whether their heads are those of an undisturbed run",
      groups: [
        OptionGroup(
          "Runs",
          [
            runsOption.declaration, seedOption.declaration, firstOption.declaration,
            faultsOption.declaration, epochsOption.declaration,
          ])
      ]),
    recoveryCommand,
  ])

/// At once, also where the output is a file.
private func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

private func undisturbedHead(_ arena: Arena) throws -> ContentDigest {
  let coordinator = try arena.startCoordinator(
    "undisturbed", listen: "127.0.0.1:0", resume: false, arguments: ["--local-workers", "1"])
  while coordinator.exitCode() == nil { pause(milliseconds: 10) }
  guard let head = arena.head("undisturbed") else {
    throw ChaosError("the undisturbed run failed\n\(arena.story("undisturbed"))")
  }
  return head
}

private func disturb(_ settings: Settings) throws {
  let arena = try Arena(epochs: settings[epochsOption])
  let seed = settings[seedOption] ?? UInt64.random(in: 0...UInt64.max)
  let expected = try undisturbedHead(arena)
  say("seed \(seed), undisturbed head \(expected)")
  var (faultCount, hostileRuns, hostileMessages) = (0, 0, 0)
  for number in settings[firstOption]..<settings[firstOption] + settings[runsOption] {
    let started = Date()
    let name = "chaos-\(number)"
    let again = "again with: tl-chaos --seed \(seed) --first \(number) --runs 1"
    do {
      let run = try ChaosRun(arena, name: name, seed: seed, number: number)
      let head = try run.run(arena, faultCount: settings[faultsOption])
      let story = run.faults.joined(separator: ", ")
      faultCount += run.faults.count
      hostileRuns += run.hostility == nil ? 0 : 1
      hostileMessages += run.hostileMessages
      guard head == expected else {
        throw ChaosError("the head is \(head) after: \(story)\n\(arena.story(name))")
      }
      guard run.faults.count >= settings[faultsOption] else {
        throw ChaosError("only \(run.faults.count) faults had time; give more --epochs")
      }
      let seconds = (Date().timeIntervalSince(started) * 10).rounded() / 10
      let audited = run.audit == "0" ? "" : " with --audit \(run.audit)"
      let member = run.hostility.map { " and a \($0.rawValue) among its members" } ?? ""
      say("run \(number)\(audited)\(member): the same head in \(seconds) s after: \(story)")
    } catch {
      throw ChaosError("run \(number) failed (\(again)): \(error)")
    }
    arena.remove(name)
  }
  // A test in which nobody did any harm would show nothing.
  guard hostileRuns == 0 || hostileMessages > 0 else {
    throw ChaosError("the hostile members of \(hostileRuns) runs never got in")
  }
  say(
    "\(settings[runsOption]) runs with \(faultCount) faults, and in \(hostileRuns) of them a hostile "
      + "member, which sent \(hostileMessages) messages in all; all with the same head")
}

do {
  var arguments = Array(Swift.CommandLine.arguments.dropFirst())
  if arguments.first?.hasPrefix("-") != false { arguments.insert("run", at: 0) }
  switch try program.parse(arguments, environment: ProcessInfo.processInfo.environment) {
  case .show(let text): say(text)
  case .run(recoveryCommand.name, let settings): try measureRecovery(settings, say: say)
  case .run(_, let settings): try disturb(settings)
  }
} catch {
  write("tl-chaos: \(error)\n", to: STDERR_FILENO)
  exit((error as? CommandLineError)?.exitCode.rawValue ?? ExitCode.software.rawValue)
}
