import Foundation
import RunFiles
import TestSupport
import Testing

/// Anyone can check a run afterwards, from its files and its photographs alone.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct VerifyTests {
  private func verify(_ cluster: Cluster, run: String) throws -> RunningCommand.Outcome {
    try RunningCommand("tl-coord", ["verify", "--run", run, "--runs", cluster.runsFolder])
      .waitForExit()
  }

  @Test func `a run with a killed worker and a killed coordinator is what it says`() throws {
    let cluster = try Cluster()
    let killed = try cluster.startCoordinator(run: "rough", ["--min-workers", "2"])
    let address = try killed.address()
    let victim = try cluster.startWorker(address)
    let survivor = try cluster.startWorker(address, threads: 2)
    try killed.waitForEpoch(1)
    victim.send(signal: SIGKILL)
    try killed.waitForEpoch(3)
    try killed.kill()
    let unfinished = try verify(cluster, run: "rough")
    #expect(unfinished.exitCode == 0, "\(unfinished.errors)")
    let resumed = try cluster.startCoordinator(
      run: "rough", ["--resume", "--min-workers", "1"], listen: address)
    let head = try resumed.finishedHead()
    #expect(try survivor.waitForExit().exitCode == 0)
    #expect(try victim.waitForExit().exitCode == 128 + SIGKILL)

    let outcome = try verify(cluster, run: "rough")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("epoch \(Cluster.epochs): head \(head.prefix(12)) as claimed"))

    // A single digit of a single line.
    let path = "runs/rough/progress.jsonl"
    let text = String(decoding: try cluster.folder.read(path), as: UTF8.self)
    let changed = text.replacing(head, with: head.dropLast() + (head.last == "0" ? "1" : "0"))
    try cluster.folder.write(Array(changed.utf8), to: path)
    let refused = try verify(cluster, run: "rough")
    #expect(refused.exitCode == 65)
    #expect(refused.errors.contains("run 'rough' is not what it says"))
  }
}
