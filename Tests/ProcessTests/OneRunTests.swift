import Foundation
import RunFiles
import TestSupport
import Testing

/// What processes do beside computing: how they begin, end and refuse.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct OneRunTests {
  let cluster: Cluster

  init() throws {
    cluster = try Cluster()
  }

  /// More epochs than any test waits for.
  private let endless = 100_000

  @Test func `workers started before the coordinator wait for it`() throws {
    // A port that was free a moment ago.
    let first = try cluster.startCoordinator(run: "first")
    let address = try first.address()
    try first.kill()
    let worker = try cluster.startWorker(address)
    try worker.waitForLine(containing: "connecting")
    let coordinator = try cluster.startCoordinator(run: "second", listen: address, epochs: 2)
    _ = try coordinator.finishedHead()
    #expect(try worker.waitForExit().exitCode == 0)
  }

  @Test func `a second coordinator on the same run is refused`() throws {
    let first = try cluster.startCoordinator(run: "same", epochs: endless)
    let address = try first.address()
    // At its own address as well, which is in use all the same.
    for (arguments, listen) in [
      ([], nil), (["--resume"], nil), ([], address), (["--resume"], address),
    ]
      as [([String], String?)]
    {
      let second =
        try listen.map {
          try cluster.startCoordinator(run: "same", arguments, listen: $0, epochs: endless)
        } ?? cluster.startCoordinator(run: "same", arguments, epochs: endless)
      let outcome = try second.command.waitForExit()
      #expect(outcome.exitCode == 73, "\(outcome)")
      #expect(outcome.errors.contains("'same' is in use by another coordinator"), "\(outcome)")
    }
    try first.kill()
  }

  @Test func `a port in use is named and nothing is left behind`() throws {
    let first = try cluster.startCoordinator(run: "first", epochs: endless)
    let address = try first.address()
    let second = try cluster.startCoordinator(run: "second", listen: address)
    let outcome = try second.command.waitForExit()
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(outcome.errors.contains("\(address), where workers are to join, is in use"))
    #expect(outcome.errors.contains("another run") && outcome.errors.contains("--listen HOST:PORT"))
    #expect(!FileManager.default.fileExists(atPath: cluster.runsFolder + "/second"))
    try first.kill()
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func `a signal ends a run with a checkpoint`(signal: Int32) throws {
    let coordinator = try cluster.startCoordinator(
      run: "signal", ["--local-workers", "1"], epochs: endless)
    try coordinator.waitForEpoch(0)
    coordinator.command.send(signal: signal)
    let outcome = try coordinator.command.waitForExit()
    #expect(outcome.exitCode == 75, "\(outcome.errors)")
    let steps = try RunDirectory(root: cluster.runsFolder, name: "signal").checkpoints.steps()
    #expect(!steps.isEmpty)
    let lastStep = try cluster.log(run: "signal").map(\.step).max()
    #expect(steps.last == lastStep)
  }

  @Test func `local workers end when their coordinator is killed`() throws {
    let coordinator = try cluster.startCoordinator(
      run: "orphans", ["--local-workers", "2", "--min-workers", "2"], epochs: endless)
    try coordinator.waitForEpoch(0)
    let children = try Processes.children(of: coordinator.command.processIdentifier)
    #expect(children.count == 2)
    try coordinator.kill()
    for child in children { try Processes.waitForEnd(of: child) }
  }

  @Test func `a killed local worker is replaced`() throws {
    let coordinator = try cluster.startCoordinator(
      run: "replaced", ["--local-workers", "1"], epochs: endless)
    try coordinator.waitForEpoch(0)
    let children = try Processes.children(of: coordinator.command.processIdentifier)
    #expect(children.count == 1)
    for child in children { kill(child, SIGKILL) }
    try coordinator.command.waitForLine(containing: "it was started again")
    let replacements = try Processes.children(of: coordinator.command.processIdentifier)
    #expect(replacements.count == 1 && replacements != children)
    coordinator.command.send(signal: SIGTERM)
    #expect(try coordinator.command.waitForExit().exitCode == 75)
  }

  @Test func `a local worker that leaves well is not started again`() throws {
    let coordinator = try cluster.startCoordinator(
      run: "left", ["--local-workers", "2", "--min-workers", "2"], epochs: endless)
    try coordinator.waitForEpoch(0)
    let children = try Processes.children(of: coordinator.command.processIdentifier)
    #expect(children.count == 2)
    kill(try #require(children.first), SIGTERM)
    try coordinator.command.waitForLine(containing: "left, as it was asked to")
    try Processes.waitForEnd(of: children[0])
    #expect(
      try Processes.children(of: coordinator.command.processIdentifier) == [children[1]])
    try coordinator.kill()
  }

  @Test func `workers that the end of a run dismisses are not told of`() throws {
    for number in 1...6 {
      let run = "short-\(number)"
      let coordinator = try cluster.startCoordinator(run: run, ["--local-workers", "2"], epochs: 1)
      _ = try coordinator.finishedHead()
      let told = try cluster.log(run: run).filter { "\($0.event)".contains("local worker") }
      #expect(told.isEmpty, "\(told)")
    }
  }

  @Test func `a run with too few workers says how many it waits for`() throws {
    let coordinator = try cluster.startCoordinator(
      run: "few", ["--min-workers", "2"], epochs: 1)
    let address = try coordinator.address()
    let first = try cluster.startWorker(address)
    try coordinator.command.waitForLine(
      containing: "1 of the 2 that --min-workers asks for is here")
    let second = try cluster.startWorker(address)
    _ = try coordinator.finishedHead()
    for worker in [first, second] { #expect(try worker.waitForExit().exitCode == 0) }
  }

  @Test func `the last checkpoint waits for its folder, and a signal ends the wait with 74`() throws
  {
    let files = FileManager.default
    for isMended in [true, false] {
      let run = isMended ? "mended" : "given-up"
      let coordinator = try cluster.startCoordinator(run: run, epochs: 1)
      let address = try coordinator.address()
      let folder = "\(cluster.runsFolder)/\(run)/checkpoints"
      try files.removeItem(atPath: folder)
      try Data().write(to: URL(filePath: folder))
      let worker = try cluster.startWorker(address)
      try coordinator.command.waitForLine(containing: "the run's last checkpoint can't be written")
      if isMended {
        try files.removeItem(atPath: folder)
        try files.createDirectory(atPath: folder, withIntermediateDirectories: false)
        _ = try coordinator.finishedHead()
      } else {
        coordinator.command.send(signal: SIGTERM)
        let outcome = try coordinator.command.waitForExit()
        #expect(outcome.exitCode == 74, "\(outcome)")
        #expect(outcome.errors.contains("make room in"), "\(outcome)")
        // It would wait for the run to be resumed.
        worker.send(signal: SIGTERM)
      }
      #expect(try worker.waitForExit().exitCode == 0)
    }
  }

  @Test func `a coordinator listens at localhost and says that a host doesn't exist`() throws {
    let coordinator = try cluster.startCoordinator(run: "named", listen: "localhost:0", epochs: 1)
    let port = try #require(try coordinator.address().split(separator: ":").last)
    let worker = try cluster.startWorker("localhost:\(port)")
    _ = try coordinator.finishedHead()
    #expect(try worker.waitForExit().exitCode == 0)
    // No name ends in "invalid": RFC 2606.
    let lost = try cluster.startCoordinator(run: "lost", listen: "tl.invalid:0").command
    let outcome = try lost.waitForExit()
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(outcome.errors.contains("tl.invalid"), "\(outcome)")
  }

  @Test func `a worker leaves when it is told to, and the run waits for others`() throws {
    let coordinator = try cluster.startCoordinator(run: "leave", epochs: endless)
    let address = try coordinator.address()
    let worker = try cluster.startWorker(address)
    try coordinator.waitForEpoch(0)
    worker.send(signal: SIGTERM)
    #expect(try worker.waitForExit().exitCode == 0)
    try coordinator.waitForEvent("worker_lost")
    try coordinator.kill()
  }

  @Test func `a rate that diverges ends the run and keeps the last checkpoint`() throws {
    let coordinator = try cluster.startCoordinator(
      run: "diverges",
      ["--local-workers", "1", "--optimizer", "sgd", "--learning-rate", "1000"], epochs: endless)
    let outcome = try coordinator.command.waitForExit()
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.errors.contains("learning rate"))
  }
}

/// Processes of this machine.
enum Processes {
  /// The living children of a process.
  static func children(of parent: Int32) throws -> [Int32] {
    let path = "/proc/\(parent)/task/\(parent)/children"
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return text.split(separator: " ").compactMap { Int32($0) }.sorted()
  }

  /// Waits, at most a minute, until a process that isn't our child has ended.
  static func waitForEnd(of process: Int32) throws {
    // There is no event to wait for without privileges, so it is looked at again and again.
    for _ in 0..<6_000 where isAlive(process) { poll(nil, 0, 10) }
    #expect(!isAlive(process), "process \(process) has not ended")
  }

  private static func isAlive(_ process: Int32) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return false }
    // Ended, but not yet taken note of by the process that inherited it.
    return !text[end...].hasPrefix(") Z")
  }
}
