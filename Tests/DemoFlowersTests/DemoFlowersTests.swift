import DemoFlowers
import Digest
import Files
import Foundation
import Images
import Manifest
import TestSupport
import Testing

struct DemoFlowersTests {
  // If this fails, pictures have changed: raise `DemoFlowers.version`.
  @Test func `the same seed has painted the same files ever since`() throws {
    var hash = SHA256()
    for className in DemoFlowers.classes {
      for number in [0, 1, 399] {
        hash.update(try DemoFlowers.photograph(className: className, number: number, seed: 42))
      }
    }
    #expect(DemoFlowers.version == 2)
    let digest = hash.finish().description
    #expect(digest == "e5035374890a39c20908d9eeb9d8554a4600f79ff61071e00d7f87c1f1cca998")
  }

  @Test func `photographs decode, are large enough and differ`() throws {
    var decoder = try ImageDecoder()
    var seen: Set<ContentDigest> = []
    for className in DemoFlowers.classes {
      for (number, seed) in [(0, 1), (1, 1), (0, 2)] {
        let file = try DemoFlowers.photograph(
          className: className, number: number, seed: UInt64(seed))
        let picture = try decoder.decode(file)
        #expect(min(picture.width, picture.height) >= 180)
        #expect(decoder.warnings.isEmpty)
        seen.insert(.sha256(file))
      }
    }
    #expect(seen.count == 15)
  }

  @Test func `the dataset is painted whole, read like any other, and not painted twice`() throws {
    let cache = try TemporaryFolder()
    let deep = "\(cache.path)/not/there/yet"
    var last = (done: 0, total: 0)
    let folder = try DemoFlowers.prepare(in: deep, seed: 7, photographsPerClass: 12) {
      last = ($0, $1)
    }
    #expect(last == (60, 60))
    #expect(try FileManager.default.contentsOfDirectory(atPath: deep).count == 1)
    let dataset = try Dataset(reading: .init(folder), threads: 2)
    let manifest = dataset.manifest
    #expect(dataset.findings.isEmpty && dataset.notes.isEmpty)
    #expect(manifest.classes == DemoFlowers.classes)
    #expect(Set(manifest.entries.map(\.digest)).count == 60)

    var isPainted = false
    let again = try DemoFlowers.prepare(in: deep, seed: 7, photographsPerClass: 12, threads: 1) {
      _, _ in isPainted = true
    }
    #expect(again == folder)
    #expect(!isPainted)

    // A power failure may leave an empty file.
    let file = "\(folder)/rose/007.jpg"
    #expect(FileManager.default.createFile(atPath: file, contents: Data()))
    #expect(try DemoFlowers.prepare(in: deep, seed: 7, photographsPerClass: 12) == folder)
    #expect(try Dataset(reading: .init(folder), threads: 2).manifest == manifest)
  }

  @Test func `what a killed painter left is cleared away, and two painters agree`() async throws {
    let cache = try TemporaryFolder()
    let path = cache.path
    let name = "demo-flowers-\(DemoFlowers.version)-6-seed-3"
    try cache.write([1, 2, 3], to: "\(name).partial/tulip/004.jpg")
    let folders = try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<4 {
        group.addTask { try DemoFlowers.prepare(in: path, seed: 3, photographsPerClass: 6) }
      }
      return try await group.reduce(into: Set<String>()) { $0.insert($1) }
    }
    #expect(folders == ["\(path)/\(name)"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: path) == [name])
    let file = try cache.read("\(name)/tulip/004.jpg")
    #expect(try DemoFlowers.photograph(className: "tulip", number: 4, seed: 3) == file)
  }

  @Test func `a cache folder that can't be written to is named`() throws {
    let cache = try TemporaryFolder()
    let file = try cache.write([1], to: "file")
    do {
      _ = try DemoFlowers.prepare(in: "\(file)/cache", seed: 1)
      Issue.record("a folder was made within a file")
    } catch {
      #expect(error == .notWritable(SystemError(number: ENOTDIR, path: file)))
      #expect(error.description.contains(file))
    }
  }

  @Test func `a linear head on the pixels gets at most half of the photographs right`() throws {
    let cache = try TemporaryFolder()
    let folder = try DemoFlowers.prepare(in: cache.path, seed: 42, photographsPerClass: 200)
    let manifest = try Dataset(reading: .init(folder), threads: 2).manifest
    let split = try Split(manifest, validationFraction: 0.3, seed: 1)
    var preprocessor = try Preprocessor(inputHeight: 16, inputWidth: 16, fit: .crop)
    var pixels: [[Float]] = []
    for entry in manifest.entries {
      let file = try entry.read(in: DatasetFolders(folder))
      let input = try preprocessor.preprocess(file, digest: entry.digest, variant: 0)
      pixels.append(input.map { Float($0) / 64 - 2 })
    }
    var head = PixelHead(inputs: 16 * 16 * 3, classes: 5)
    var best: Float = 0
    for epoch in 0..<25 {
      head.train(on: split.training, epoch: epoch, pixels, manifest)
      best = max(best, head.accuracy(on: split.validation, pixels, manifest))
    }
    #expect(best <= 0.5, "even with the best of all epochs, chosen afterwards")
    #expect(best > 0.2, "better than guessing, or else it wasn't trained")
  }
}

/// Softmax regression by plain stochastic gradient descent.
private struct PixelHead {
  private let classes: Int
  private var weights: [[Float]]

  init(inputs: Int, classes: Int) {
    self.classes = classes
    weights = Array(repeating: Array(repeating: 0, count: inputs), count: classes)
  }

  private func logits(_ input: [Float]) -> [Float] {
    weights.map { row in
      var sum: Float = 0
      for index in input.indices { sum += row[index] * input[index] }
      return sum
    }
  }

  mutating func train(
    on samples: [UInt32], epoch: Int, _ inputs: [[Float]], _ manifest: Manifest
  ) {
    var order = samples
    var random = SplitMix64(state: UInt64(epoch))
    random.shuffle(&order)
    for sample in order {
      let input = inputs[Int(sample)]
      let logits = logits(input)
      let highest = logits.max() ?? 0
      let powers = logits.map { Float(exp(Double($0 - highest))) }
      let total = powers.reduce(0, +)
      for label in 0..<classes {
        let wanted: Float = manifest.entries[Int(sample)].classIndex == label ? 1 : 0
        let step = 0.0003 * (powers[label] / total - wanted)
        for index in input.indices { weights[label][index] -= step * input[index] }
      }
    }
  }

  func accuracy(on samples: [UInt32], _ inputs: [[Float]], _ manifest: Manifest) -> Float {
    let correct = samples.count { sample in
      let logits = logits(inputs[Int(sample)])
      return logits.firstIndex(of: logits.max() ?? 0) == manifest.entries[Int(sample)].classIndex
    }
    return Float(correct) / Float(samples.count)
  }
}
