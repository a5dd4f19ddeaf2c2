import Foundation
import RunFiles
import TestSupport
import Testing

struct FaultyWorkerTests {
  @Test(arguments: [
    CheckpointContributors.none, CheckpointContributors([0]),
    CheckpointContributors([3, .max, 17]), CheckpointContributors([5], isOverfull: true),
  ])
  func `a checkpoint names its contributors`(contributors: CheckpointContributors) throws {
    let checkpoint = try testCheckpoint(steps: 4, contributors: contributors)
    #expect(
      try Checkpoint(decoding: checkpoint.encoded(), path: "file").contributors == contributors)
  }

  @Test func `anybody may be among more contributors than are named`() {
    #expect(CheckpointContributors([1, 2]).mayContain(anyOf: [2, 3]))
    #expect(!CheckpointContributors([1, 2]).mayContain(anyOf: [3]))
    #expect(CheckpointContributors([1], isOverfull: true).mayContain(anyOf: [3]))
    #expect(!CheckpointContributors([1], isOverfull: true).mayContain(anyOf: []))
  }

  @Test func `checkpoints with work of a faulty worker are passed over and removed`() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(path: folder.path)
    try checkpoints.save(testCheckpoint(steps: 10, contributors: CheckpointContributors([1])))
    try checkpoints.save(testCheckpoint(steps: 11, contributors: CheckpointContributors([1, 2])))
    try checkpoints.save(testCheckpoint(steps: 12, contributors: CheckpointContributors([1, 2])))
    #expect(try checkpoints.newest().checkpoint?.state.step == 12)
    let (newest, skipped) = try checkpoints.newest(withoutAnyOf: [2, 9])
    #expect(newest?.state.step == 10)
    #expect(skipped.map(\.isRefused) == [true, true])
    try checkpoints.tidy(skipped)
    #expect(try allNames(in: folder.path) == ["step-00000010.safetensors"])
    #expect(try checkpoints.newest(withoutAnyOf: [1]).checkpoint == nil)
  }

  @Test func `the log remembers faulty workers, void or not`() throws {
    let folder = try TemporaryFolder()
    let directory = try RunDirectory(root: folder.path, name: "run")
    _ = try directory.create(testConfiguration())
    #expect(try directory.faultyWorkers() == [])
    var log = try ProgressLog(path: directory.progressPath)
    try log.append(line(9, .workerFaulty(worker: "a", id: 4, reason: "wrong")))
    try log.append(line(9, .rollback(fromStep: 0, reason: "a worker gave wrong answers")))
    try log.append(line(3, .workerFaulty(worker: "b", id: .max, reason: "wrong")))
    try log.append(line(0, .resume(fromStep: 0)))
    #expect(try directory.faultyWorkers() == [4, .max])
  }

  @Test func `logs of earlier builds name faulty workers too`() throws {
    let written = line(3, .workerFaulty(worker: "a", id: 42, reason: "wrong"))
    let text = try #require(String(bytes: written.encoded(), encoding: .utf8))
    let former = text.replacingOccurrences(of: "worker_faulty", with: "worker_lied")
    #expect(former != text)
    #expect(ProgressLine(decoding: former.utf8.dropLast()) == written)
  }
}
