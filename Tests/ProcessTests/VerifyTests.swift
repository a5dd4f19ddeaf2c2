import Digest
import Foundation
import MobileNet
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

  @Test func `a run keeps the backbone that it began with, though this tl would round otherwise`()
    throws
  {
    let cluster = try Cluster()
    let begun = try cluster.startCoordinator(run: "older", ["--precision", "int8"], epochs: 2)
    _ = try begun.address()
    try begun.kill()
    // Another weight, as another tl might have rounded it.
    let (backbone, configuration) = ("runs/older/backbone.bin", "runs/older/config.json")
    var object = [UInt8](try cluster.folder.read(backbone))
    let digest = "\(ContentDigest.sha256(object))"
    let place = try #require(
      (object.count / 2..<object.count).first { place in
        var changed = object
        changed[place] ^= 1
        return (try? Backbone(object: changed)) != nil
      })
    object[place] ^= 1
    try cluster.folder.write(object, to: backbone)
    let text = String(decoding: try cluster.folder.read(configuration), as: UTF8.self)
    try #require(text.contains(digest))
    try cluster.folder.write(
      Array(text.replacing(digest, with: "\(ContentDigest.sha256(object))").utf8), to: configuration
    )

    let resumed = try cluster.startCoordinator(
      run: "older", ["--resume", "--local-workers", "1"], epochs: 2)
    let head = try resumed.finishedHead()
    let outcome = try verify(cluster, run: "older")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("this one would round the same network otherwise"))
    #expect(outcome.output.contains("head \(head.prefix(12)) as claimed"))
  }
}
