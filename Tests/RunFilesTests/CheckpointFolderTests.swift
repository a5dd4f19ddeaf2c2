import RunFiles
import TestSupport
import Testing

struct CheckpointFolderTests {
  @Test func `the last three and the best are kept`() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(path: folder.path)
    for step in 1...8 {
      let best =
        step < 3
        ? nil : Checkpoint.BestEpoch(epoch: step < 6 ? 0 : 1, correct: 1, step: step < 6 ? 3 : 6)
      try checkpoints.save(testCheckpoint(steps: step, best: best))
      let latest = (max(1, step - 2)...step).map(UInt64.init)
      let expected = Set(latest + (best.map { [$0.step] } ?? []))
      #expect(try checkpoints.steps() == expected.sorted())
    }
    #expect(try allNames(in: folder.path).first == "step-00000006.safetensors")
  }

  @Test func `the newest whole checkpoint is found, and damaged ones are named`() throws {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(path: folder.path)
    #expect(try checkpoints.newest().checkpoint == nil)
    for step in [10, 11, 12] { try checkpoints.save(testCheckpoint(steps: step)) }
    try folder.write([], to: "step-00000012.safetensors")
    var bytes = try folder.read("step-00000011.safetensors")
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, to: "step-00000011.safetensors")
    try folder.write([1, 2, 3], to: "step-00000013.safetensors.temporary")
    try folder.write([1, 2, 3], to: "step-13.safetensors")
    let (newest, skipped) = try checkpoints.newest()
    #expect(newest?.state.step == 10)
    #expect(
      skipped.map(\.path) == [checkpoints.file(step: 12), checkpoints.file(step: 11)])
    #expect(skipped[0].reason.contains("step-00000012.safetensors is damaged: it ends"))
    try checkpoints.tidy(skipped)
    #expect(
      try allNames(in: folder.path) == [
        "step-00000010.safetensors", "step-00000011.safetensors.damaged",
        "step-00000012.safetensors.damaged", "step-13.safetensors",
      ])
    #expect(try checkpoints.newest().skipped.isEmpty)
  }

  @Test func `going on from an older checkpoint leaves later ones until they are overtaken`() throws
  {
    let folder = try TemporaryFolder()
    let checkpoints = CheckpointFolder(path: folder.path)
    for step in [4, 9, 10, 11] { try checkpoints.save(testCheckpoint(steps: step)) }
    try checkpoints.save(testCheckpoint(steps: 5))
    #expect(try checkpoints.steps() == [5, 9, 10, 11])
    try checkpoints.save(testCheckpoint(steps: 12))
    #expect(try checkpoints.steps() == [10, 11, 12])
  }

  @Test func `a folder that isn't there is an input error that names it`() throws {
    let error = #expect(throws: RunFilesError.self) {
      try CheckpointFolder(path: "/nowhere/at/all").save(testCheckpoint(steps: 1))
    }
    #expect(error?.code == .inputOutput)
    #expect("\(error!)".contains("/nowhere/at/all/step-00000001"))
  }
}
