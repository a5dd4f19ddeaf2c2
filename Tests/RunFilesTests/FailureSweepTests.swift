import Glibc
import RunFiles
import TestSupport
import Testing
import Training

/// Runs a save with each of its system calls going wrong in turn, in each way.
///
/// - Parameter save: gets a file system with one fault, on a state that it makes afresh; gives
///   whether the fault came into play.
private func sweep(
  _ fault: FaultyFileSystem.Fault, _ save: (FaultyFileSystem) throws -> Void
) rethrows -> Int {
  var call = 1
  while true {
    let fileSystem = FaultyFileSystem(fault, call: call)
    try save(fileSystem)
    if fileSystem.callCount < call { return call - 1 }
    call += 1
  }
}

/// Whether a save must succeed in spite of the fault.
private func isHarmless(_ fault: FaultyFileSystem.Fault) -> Bool {
  fault == .interruption || fault == .shortWrite
}

struct FailureSweepTests {
  @Test(arguments: FaultyFileSystem.Fault.allCases)
  func `a checkpoint is the old or the new one, whichever call fails`(
    fault: FaultyFileSystem.Fault
  ) throws {
    let old = try (1...4).map { try testCheckpoint(steps: $0) }
    let new = try testCheckpoint(steps: 5)
    let callCount = try sweep(fault) { fileSystem in
      let folder = try TemporaryFolder()
      let healthy = CheckpointFolder(path: folder.path)
      for checkpoint in old { try healthy.save(checkpoint) }
      var failure: RunFilesError?
      do throws(RunFilesError) {
        try CheckpointFolder(path: folder.path, fileSystem: fileSystem).save(new)
      } catch {
        failure = error
      }
      let (newest, skipped) = try healthy.newest()
      #expect(skipped.isEmpty)
      #expect(newest == new || newest == old[3] && failure != nil)
      if let failure {
        #expect(failure.code == .inputOutput && !isHarmless(fault))
        #expect("\(failure)".hasPrefix("can't write a checkpoint: \(folder.path)"))
        // Nothing older is removed before the new one is safe.
        #expect(try healthy.steps().prefix(3) == [2, 3, 4])
      }
      if !fileSystem.isDead { #expect(try temporaryFiles(in: folder.path).isEmpty) }
      // The next try works, and the one after a restart too.
      try healthy.tidy(skipped)
      #expect(try temporaryFiles(in: folder.path).isEmpty)
      try healthy.save(new)
      #expect(try healthy.newest().checkpoint == new)
      #expect(try healthy.steps() == [3, 4, 5])
    }
    // open, write, fsync, close, rename; open, fsync, close of the folder; remove; what is retried.
    #expect(callCount >= 9)
  }

  @Test(arguments: FaultyFileSystem.Fault.allCases)
  func `a run is created whole or can be created again, whichever call fails`(
    fault: FaultyFileSystem.Fault
  ) throws {
    let configuration = testConfiguration()
    let callCount = try sweep(fault) { fileSystem in
      let folder = try TemporaryFolder()
      let run = try RunDirectory(root: folder.path + "/runs", name: "test")
      do {
        _ = try run.create(
          configuration, with: [(run.startHeadPath, [1, 2, 3])], fileSystem: fileSystem)
        #expect(run.exists)
      } catch {
        // A signal doesn't interrupt mkdir.
        #expect((error as? RunFilesError)?.code == .cannotCreate)
      }
      if run.exists {
        #expect(try run.configuration() == configuration)
        #expect(try folder.read("runs/test/start.safetensors") == [1, 2, 3])
      } else {
        _ = try run.create(configuration)
        #expect(try run.configuration() == configuration)
      }
    }
    #expect(callCount >= 13)
  }

  @Test(arguments: FaultyFileSystem.Fault.allCases)
  func `the progress log has every line up to the last that was reported written, without a gap`(
    fault: FaultyFileSystem.Fault
  ) throws {
    let lines = (0..<6).map { line(UInt64($0), .warning("message \($0)")) }
    let callCount = try sweep(fault) { fileSystem in
      let folder = try TemporaryFolder()
      let path = folder.path + "/progress.jsonl"
      // A line that a dead process left unfinished.
      try folder.write(lines[0].encoded() + lines[5].encoded().dropLast(3), to: "progress.jsonl")
      var reportedCount = 1
      do {
        var log = try ProgressLog(path: path, fileSystem: fileSystem)
        for index in 1...4 {
          do {
            try log.append(lines[index])
            reportedCount = index + 1
            try ProgressLog.synchronize(path, fileSystem: fileSystem)
          } catch {
            #expect((error as? RunFilesError)?.code == .inputOutput && !isHarmless(fault))
          }
        }
      } catch {
        #expect(!isHarmless(fault))
      }
      var log = try ProgressLog(path: path)
      try log.append(lines[5])
      var reader = ProgressReader(path: path)
      var found = try reader.next()
      #expect(reader.unreadableLineCount == 0)
      #expect(found.popLast() == lines[5])
      #expect(found == Array(lines[..<found.count]))
      // A write may be whole before its process ends and can say so.
      #expect(found.count == reportedCount || fileSystem.isDead && found.count > reportedCount)
    }
    #expect(callCount >= 8)
  }

  @Test func `a disk that is full for a while leaves no gap in the log`() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/progress.jsonl"
    let disk = FullDisk()
    let lines = (0..<100).map { line(UInt64($0), .warning("message \($0)")) }
    var log = try ProgressLog(path: path, fileSystem: disk)
    var reader = ProgressReader(path: path)
    var found: [ProgressLine] = []
    for (index, line) in lines.enumerated() {
      // Room for no byte, for half a line, or for all there is.
      disk.room.withLock { $0 = [0, 40, Int.max][index / 10 % 3] }
      try? log.append(line)
      found += try reader.next()
      #expect(found == Array(lines[..<found.count]))
    }
    disk.room.withLock { $0 = .max }
    try log.append(lines[0])
    found += try reader.next()
    #expect(found == lines + [lines[0]])
    #expect(reader.unreadableLineCount == 0)
  }

  private func temporaryFiles(in path: String) throws -> [String] {
    // What is no checkpoint is left over from a save.
    let steps = try CheckpointFolder(path: path).steps()
    return try allNames(in: path).filter { name in
      !steps.contains { CheckpointFolder(path: path).file(step: $0).hasSuffix("/" + name) }
    }
  }
}
