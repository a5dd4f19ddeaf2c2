import Foundation
import RunFiles
import TestSupport
import Testing

struct RunDirectoryTests {
  @Test func `a run exists once it is created, and only one process has it`() throws {
    let folder = try TemporaryFolder()
    let root = folder.path + "/runs"
    #expect(try RunDirectory.runs(in: root).isEmpty)
    let run = try RunDirectory(root: root, name: "roses-1.2_x")
    #expect(!run.exists)
    do {
      let lock = try run.create(testConfiguration())
      #expect(try run.configuration() == testConfiguration())
      let error = #expect(throws: RunFilesError.self) { _ = try run.lock() }
      #expect(error?.code == .cannotCreate && "\(error!)".contains("in use by another"))
      _ = consume lock
    }
    _ = try run.lock()
    let error = #expect(throws: RunFilesError.self) { _ = try run.create(testConfiguration()) }
    #expect(error?.code == .cannotCreate && "\(error!)".contains("continue it with --resume"))
    _ = try RunDirectory(root: root, name: "daisies").create(testConfiguration())
    try folder.write([], to: "runs/not-a-run/file")
    try folder.write([], to: "runs/file")
    #expect(try RunDirectory.runs(in: root).map(\.name) == ["daisies", "roses-1.2_x"])
  }

  @Test func `a run that was left half created is taken over`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1, 2], to: "runs/x/config.json.temporary")
    let run = try RunDirectory(root: folder.path + "/runs", name: "x")
    #expect(!run.exists)
    _ = try run.create(testConfiguration())
    #expect(try run.configuration() == testConfiguration())
    #expect(try allNames(in: run.path) == ["checkpoints", "config.json"])
  }

  @Test(arguments: [
    "", ".", "..", ".x", "a/b", "a b", "é", "a\n", String(repeating: "a", count: 101),
  ])
  func `a name that can't be a folder everywhere is refused`(name: String) {
    let error = #expect(throws: RunFilesError.self) {
      try RunDirectory(root: "runs", name: name)
    }
    #expect(error?.code == .cannotCreate)
  }

  @Test func `a folder that can't be created is named`() throws {
    let folder = try TemporaryFolder()
    try folder.write([], to: "runs")
    let run = try RunDirectory(root: folder.path + "/runs", name: "x")
    let error = #expect(throws: RunFilesError.self) { _ = try run.create(testConfiguration()) }
    #expect(error?.code == .cannotCreate && "\(error!)".contains("\(folder.path)/runs/x"))
  }

  @Test func `a run has something to use once it has trained for an epoch`() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(root: folder.path + "/runs", name: "test")
    _ = try run.create(testConfiguration())
    #expect(!run.hasTrained)
    func refusal() -> String {
      "\(#expect(throws: RunFilesError.self) { try run.checkpoint(useBest: false) }!)"
    }
    #expect(refusal().contains("'test' has no checkpoint yet"))
    // Three steps are an epoch.
    for step in [0, 2] {
      try run.checkpoints.save(testCheckpoint(steps: step))
      #expect(!run.hasTrained)
      #expect(refusal().contains("'test' hasn't trained for an epoch yet"))
    }
    try run.checkpoints.save(testCheckpoint(steps: 3))
    #expect(run.hasTrained)
    #expect(try run.checkpoint(useBest: false).checkpoint.epoch == 1)
  }

  @Test func `a run of which all is damaged isn't passed over in silence`() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(root: folder.path + "/runs", name: "test")
    _ = try run.create(testConfiguration())
    try folder.write([1], to: "runs/test/checkpoints/step-00000003.safetensors")
    #expect(run.hasTrained)
  }
}
