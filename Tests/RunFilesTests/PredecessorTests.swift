import Digest
import Foundation
import RunFiles
import TestSupport
import Testing
import Training

private let predecessor = Predecessor(
  run: "petals-1", epoch: 6, step: 204, head: .sha256([5]))

/// Of a run that began with another's head.
private func continued(_ head: ContentDigest = .sha256([6])) -> RunConfiguration {
  var configuration = testConfiguration()
  configuration.inputs?.startHead = head
  configuration.predecessor = predecessor
  return configuration
}

private func read(_ text: String) throws(RunFilesError) -> RunConfiguration {
  try RunConfiguration(decoding: Array(text.utf8), path: "config.json")
}

struct PredecessorTests {
  @Test func `a configuration says what the run began with`() throws {
    let text = String(decoding: continued().encoded(), as: UTF8.self)
    #expect(try read(text) == continued())
    for (old, new, words) in [
      ("\"step\": 204", "\"step\": -1", "'from' doesn't say"),
      ("\"petals-1\"", "\"../1\"", "'from' doesn't say"),
      ("\"epoch\": 6", "\"era\": 6", "'from' doesn't say"),
      ("\"start_head_sha256\": \"", "\"start_head_sha256\": \"x", "64 hexadecimal digits"),
      ("\"from\": {", "\"of\": {", "unknown member 'of'"),
    ] {
      let place = try #require(text.range(of: old))
      let spoiled = text.replacingCharacters(in: place, with: new)
      let error = #expect(throws: RunFilesError.self, "\(new)") { try read(spoiled) }
      #expect(error!.description.contains(words), "\(error!)")
    }
    var lonely = continued()
    lonely.predecessor = nil
    let error = #expect(throws: RunFilesError.self) {
      try read(String(decoding: lonely.encoded(), as: UTF8.self))
    }
    #expect(error!.description.contains("without 'from'"))
  }

  @Test func `another beginning is another run`() throws {
    let other = continued(.sha256([7]))
    for (before, now) in [(continued(), other), (testConfiguration(), other)] {
      #expect(before.differences(to: now).map(\.name) == ["start_head_sha256"])
      #expect(now.differences(to: before).map(\.name) == ["start_head_sha256"])
    }
    let checkpoint = Checkpoint(
      configuration: continued(), classes: testClasses, epoch: 1,
      state: try testTrainer(steps: 3).state)
    let read = try Checkpoint(decoding: checkpoint.encoded(), path: "file")
    #expect(read == checkpoint && read.inputs.startHead == .sha256([6]))
    #expect(read.differences(to: continued()).isEmpty)
    #expect(read.differences(to: other).map(\.name) == ["start_head_sha256"])
    #expect(
      read.differences(to: testConfiguration()).map(\.description).first?.contains("is now none")
        == true)
  }

  @Test func `the log tells of it`() throws {
    let start = RunStart(
      run: "petals-2", listen: "127.0.0.1:5555", classes: ["a", "b"], trainingSamples: 5,
      validationSamples: 2, batchSize: 4, epochs: 3, steps: 6, seed: 1,
      inputs: try #require(continued().inputs), predecessor: predecessor)
    let event = line(0, .start(start))
    #expect(ProgressLine(decoding: event.encoded().dropLast()) == event)
  }

  @Test func `what decides the features must be the same, and is named`() throws {
    var now = testConfiguration()
    now.seed = 7
    now.epochs = 3
    now.validation = 0.2
    try testConfiguration().checkFeatures(of: now)
    now.fit = .pad
    now.depths = 1
    let error = #expect(throws: RunFilesError.self) {
      try testConfiguration().checkFeatures(of: now)
    }
    #expect(error?.code == .configuration)
    #expect(error!.description.contains("fit is crop there and pad here"), "\(error!)")
    #expect(error!.description.contains("depths is 6 there and 1 here"))
    #expect(error!.description.contains("Leave --fit, --depths out"))
  }

  @Test func `the starting head comes back, or is called damaged`() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(root: folder.path, name: "petals")
    let head = try testTrainer(steps: 4).head
    let content = head.safeTensors(classes: testClasses)
    _ = try run.create(testConfiguration(), with: [(run.startHeadPath, content)])
    #expect(try run.startHead(head.digest) == head)
    for spoiled in [[], Array(content.dropLast()), content.dropLast() + [content.last! ^ 1]] {
      try Data(spoiled).write(to: URL(filePath: run.startHeadPath))
      let error = #expect(throws: RunFilesError.self) { try run.startHead(head.digest) }
      #expect(error?.code == .damaged && error!.description.contains("start.safetensors"))
    }
    // Whole, but of another run.
    let other = try testTrainer(steps: 5).head.safeTensors(classes: testClasses)
    try Data(other).write(to: URL(filePath: run.startHeadPath))
    #expect(throws: RunFilesError.self) { try run.startHead(head.digest) }
    try FileManager.default.removeItem(atPath: run.startHeadPath)
    let error = #expect(throws: RunFilesError.self) { try run.startHead(head.digest) }
    #expect(error?.code == .inputOutput)
  }
}

@Suite struct `Earlier photographs` {
  @Test func `come back, or are called damaged`() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(root: folder.path, name: "petals")
    let photographs = Set((0..<5).map { ContentDigest.sha256([UInt8($0)]) })
    let content = PhotographList(photographs).encoded
    _ = try run.create(testConfiguration(), with: [(run.startPhotographsPath, content)])
    #expect(try run.startPhotographs() == photographs)
    #expect(PhotographList(bytes: PhotographList([]).encoded)?.photographs.isEmpty == true)
    for count in content.indices {
      #expect(PhotographList(bytes: Array(content[..<count])) == nil, "\(count) bytes")
    }
    for place in content.indices {
      var spoiled = content
      spoiled[place] ^= 4
      #expect(PhotographList(bytes: spoiled) == nil, "byte \(place)")
    }
    try Data(content.dropLast()).write(to: URL(filePath: run.startPhotographsPath))
    let error = #expect(throws: RunFilesError.self) { try run.startPhotographs() }
    #expect(error?.code == .damaged && error!.description.contains("start-photographs.bin"))
  }
}

struct EpochsTests {
  @Test func `a run may get longer while its learning rate is constant`() throws {
    var now = testConfiguration()
    now.epochs = 12
    try testConfiguration().checkContinuation(by: now)
    let checkpoint = try testCheckpoint(steps: 18)
    #expect(checkpoint.differences(to: now).isEmpty)

    var cosine = testConfiguration()
    cosine.schedule = .cosine
    now.schedule = .cosine
    let error = #expect(throws: RunFilesError.self) { try cosine.checkContinuation(by: now) }
    #expect(error!.description.contains("epochs was 6 and is now 12"))
    #expect(error!.description.contains("--from test --epochs N"), "\(error!)")
    // And not while the schedule changes, too.
    #expect(checkpoint.differences(to: now).map(\.name).sorted() == ["epochs", "schedule"])
  }

  @Test func `the new length is taken down and nothing else`() throws {
    let folder = try TemporaryFolder()
    let run = try RunDirectory(root: folder.path, name: "test")
    _ = try run.create(testConfiguration())
    var now = testConfiguration()
    now.epochs = 12
    now.origins["epochs"] = .flag
    now.audit = 1
    try run.setEpochs(as: now)
    var expected = testConfiguration()
    expected.epochs = 12
    expected.origins["epochs"] = .flag
    #expect(try run.configuration() == expected)
  }
}
