import Digest
import RunFiles
import TestSupport
import Testing
import Training

struct CheckpointTests {
  @Test(arguments: Optimizer.allCases, [0, 1, 3, 7, 18])
  func `what is written comes back to the last bit`(optimizer: Optimizer, steps: Int) throws {
    let best = steps < 3 ? nil : Checkpoint.BestEpoch(epoch: 0, correct: 2, step: 3)
    let checkpoint = try testCheckpoint(optimizer: optimizer, steps: steps, best: best)
    let read = try Checkpoint(decoding: checkpoint.encoded(), path: "file")
    #expect(read == checkpoint)
    #expect(read.state.head.digest == checkpoint.state.head.digest)
    let trainer = try testTrainer(optimizer: optimizer, steps: steps)
    let restored = try Trainer(
      configuration: trainer.configuration, length: trainer.length, state: read.state)
    #expect(restored.state == trainer.state)
  }

  @Test func `a file that ends at any place is refused`() throws {
    let bytes = try testCheckpoint(steps: 4).encoded()
    for count in 0..<bytes.count {
      let error = #expect(throws: RunFilesError.self) {
        try Checkpoint(decoding: Array(bytes[..<count]), path: "short")
      }
      #expect(error?.code == .damaged && "\(error!)".hasPrefix("short is damaged: "))
    }
    for extra in [[0], [UInt8](repeating: 0, count: 8), bytes] {
      #expect(throws: RunFilesError.self) {
        try Checkpoint(decoding: bytes + extra, path: "long")
      }
    }
  }

  @Test func `a single wrong bit anywhere is refused`() throws {
    var bytes = try testCheckpoint(steps: 4).encoded()
    for place in bytes.indices {
      for bit in 0..<8 {
        bytes[place] ^= 1 << bit
        #expect(throws: RunFilesError.self, "bit \(bit) of byte \(place)") {
          try Checkpoint(decoding: bytes, path: "file")
        }
        bytes[place] ^= 1 << bit
      }
    }
  }

  @Test func `a sealed file that is no checkpoint is refused by what is missing`() throws {
    // Whoever can compute SHA-256 can seal anything: each text taken away or spoiled in turn.
    let bytes = try testCheckpoint(steps: 4, best: .init(epoch: 0, correct: 1, step: 3)).encoded()
    let texts = [
      "format_version", "head_sha256", "manifest_sha256", "backbone_sha256", "configuration",
      "classes", "step", "epoch", "epoch_loss_sum", "epoch_correct", "epoch_samples",
      "epoch_skipped", "beta1_power", "beta2_power", "best_correct", "best_step",
      "second_moment.bias",
    ]
    for text in texts {
      // Same length, so that the header stays as long as it was.
      let spoiled = replacing("\"\(text)\"", with: "\"\(text.dropLast())_\"", in: bytes)
      let error = #expect(throws: RunFilesError.self, "\(text)") {
        try Checkpoint(decoding: reseal(spoiled), path: "file")
      }
      #expect(error?.code == .damaged && "\(error!)".hasPrefix("file is no checkpoint"))
    }
    for (old, new) in [
      ("\"F32\"", "\"F16\""), ("[3,5]", "[5,3]"), ("[3,5]", "[0,5]"), ("[0,60]", "[4,60]"),
      ("\"epoch\":\"1\"", "\"epoch\":\"-\""), ("\"step\":\"4\"", "\"step\":\"x\""),
      ("{\"__meta", "[\"__meta"),
    ] {
      let spoiled = replacing(old, with: new, in: bytes)
      #expect(spoiled != bytes, "\(old) is in the file")
      #expect(throws: RunFilesError.self, "\(old) → \(new)") {
        try Checkpoint(decoding: reseal(spoiled), path: "file")
      }
    }
    #expect(reseal(bytes) == bytes)
  }

  @Test func `a newer format is refused by its number`() throws {
    let bytes = try testCheckpoint(steps: 4).encoded()
    let newer = reseal(
      replacing("\"format_version\":\"1\"", with: "\"format_version\":\"7\"", in: bytes))
    let error = #expect(throws: RunFilesError.self) {
      try Checkpoint(decoding: newer, path: "file")
    }
    #expect(error?.code == .configuration)
    #expect("\(error!)".contains("format version 7"))
  }

  @Test func `a trainer goes on only from where a run can have been`() throws {
    for steps in 0...18 {
      let trainer = try testTrainer(steps: steps)
      var checkpoint = try testCheckpoint(steps: steps)
      func resume() throws(RunFilesError) -> Trainer {
        try checkpoint.trainer(
          configuration: trainer.configuration, length: trainer.length, shape: trainer.shape)
      }
      #expect(try resume().state == trainer.state)
      checkpoint.best = .init(epoch: steps / 3, correct: 1, step: UInt64(steps / 3 + 1) * 3)
      #expect(throws: RunFilesError.self) { try resume() }
      if steps >= 3 {
        checkpoint.best = .init(epoch: 0, correct: 1, step: 3)
        #expect(throws: Never.self) { try resume() }
        checkpoint.best?.step = 4
        #expect(throws: RunFilesError.self) { try resume() }
      }
      checkpoint.best = nil
      checkpoint.epoch += 1
      #expect(throws: RunFilesError.self) { try resume() }
    }
    let shape = try HeadShape(featureCount: 6, classCount: 3)
    let trainer = try testTrainer(steps: 4)
    let error = #expect(throws: RunFilesError.self) {
      try testCheckpoint(steps: 4).trainer(
        configuration: trainer.configuration, length: trainer.length, shape: shape)
    }
    #expect("\(error!)".contains("3 classes and 5 features, not 3 and 6"))
  }

  @Test func `a checkpoint between the last step of an epoch and its evaluation is sound`() throws {
    var trainer = try testTrainer(steps: 2)
    try trainer.add(
      GradientSum(
        values: Array(repeating: 1, count: 18), lossSum: 1, correct: 0, sampleCount: 2))
    _ = try trainer.finishStep(skipped: 0)
    let checkpoint = Checkpoint(
      configuration: testConfiguration(), classes: testClasses, epoch: 0, state: trainer.state)
    let read = try Checkpoint(decoding: checkpoint.encoded(), path: "file")
    let restored = try read.trainer(
      configuration: trainer.configuration, length: trainer.length, shape: trainer.shape)
    #expect(restored.state == trainer.state)
  }

  @Test func `differences to another run are named`() throws {
    let checkpoint = try testCheckpoint(steps: 4)
    var other = testConfiguration()
    #expect(checkpoint.differences(to: other).isEmpty)
    other.localWorkers = 7
    other.listen = "0.0.0.0:1"
    other.data = "elsewhere"
    #expect(checkpoint.differences(to: other).isEmpty)
    other.seed = 1
    other.inputs?.backbone = ContentDigest.sha256([3])
    #expect(
      checkpoint.differences(to: other).map(\.description) == [
        "backbone_sha256 was \"\(testInputs.backbone)\" and is now \"\(ContentDigest.sha256([3]))\"",
        "seed was 42 and is now 1",
      ])
  }

  private func replacing(_ old: String, with new: String, in bytes: [UInt8]) -> [UInt8] {
    precondition(old.utf8.count == new.utf8.count)
    let sought = Array(old.utf8)
    for start in bytes.indices.dropLast(sought.count)
    where bytes[start..<start + sought.count].elementsEqual(sought) {
      return bytes[..<start] + Array(new.utf8) + bytes[(start + sought.count)...]
    }
    return bytes
  }

  /// Gives changed bytes the digest that belongs to them.
  private func reseal(_ bytes: [UInt8]) -> [UInt8] {
    // The seal is the first text: {"__metadata__":{"sha256":"…
    let name = Array("\"sha256\":\"".utf8)
    var bytes = bytes
    guard
      let start = bytes.indices.first(where: { bytes[$0...].starts(with: name) }).map({
        $0 + name.count
      })
    else { return bytes }
    for place in start..<start + 64 { bytes[place] = UInt8(ascii: "0") }
    let digest = ContentDigest.sha256(bytes)
    bytes.replaceSubrange(start..<start + 64, with: Array("\(digest)".utf8))
    return bytes
  }
}
