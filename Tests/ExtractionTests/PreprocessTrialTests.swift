import Digest
import Extraction
import Foundation
import Images
import Manifest
import MobileNet
import ONNX
import TestSupport
import Testing

@Suite struct PreprocessTrialTests {
  /// Solves A x = b by elimination with pivoting.
  private func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double] {
    var rows = zip(matrix, right).map { $0 + [$1] }
    for k in rows.indices {
      let pivot = (k..<rows.count).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
      rows.swapAt(k, pivot)
      for i in rows.indices where i != k {
        let factor = rows[i][k] / rows[k][k]
        for j in k...rows.count { rows[i][j] -= factor * rows[k][j] }
      }
    }
    return rows.indices.map { rows[$0][rows.count] / rows[$0][$0] }
  }

  @Test func `a head's error is that of heads fitted without the sample`() {
    var random = SplitMix64(seed: 3, purpose: "ridge")
    let (count, length) = (14, 5)
    let features = (0..<count).map { _ in (0..<length).map { _ in Float(random.unit() * 4 - 1) } }
    let labels = (0..<count).map { $0 % 3 }
    let means = (0..<length).map { place in
      features.reduce(0.0) { $0 + Double($1[place]) } / Double(count)
    }
    let rows = features.map { row in (0..<length).map { Double(row[$0]) - means[$0] } }
    let squares = rows.reduce(0.0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    let penalty = squares / Double(count)
    var expected = 0.0
    for left in 0..<count {
      let others = (0..<count).filter { $0 != left }
      for label in 0..<3 {
        let share = Double(labels.count { $0 == label }) / Double(count)
        func target(_ sample: Int) -> Double { (labels[sample] == label ? 1 : 0) - share }
        let normal = (0..<length).map { a in
          (0..<length).map { b in
            others.reduce(a == b ? penalty : 0) { $0 + rows[$1][a] * rows[$1][b] }
          }
        }
        let weights = solve(
          normal, (0..<length).map { a in others.reduce(0) { $0 + rows[$1][a] * target($1) } })
        let found = zip(weights, rows[left]).reduce(0) { $0 + $1.0 * $1.1 }
        expected += (found - target(left)) * (found - target(left)) / Double(count)
      }
    }
    let error = RidgeHead.leaveOneOutError(features: features, labels: labels)
    #expect(abs(error - expected) < 1e-9)
    var spoiled = features
    spoiled[3][2] = .infinity
    #expect(RidgeHead.leaveOneOutError(features: spoiled, labels: labels) == .infinity)
    let alike = Array(repeating: features[0], count: count)
    #expect(RidgeHead.leaveOneOutError(features: alike, labels: labels) == .infinity)
  }

  @Test func `too few photographs, or a single class, are no trial`() throws {
    let folder = try TemporaryFolder()
    let photographs = try TestPhotographs.write(into: folder, classCount: 2, countPerClass: 12)
    func trial(_ source: String) throws -> PreprocessTrial? {
      let dataset = try Dataset(reading: .init(source), threads: 1)
      return try PreprocessTrial(
        TinyModel.onnx(seed: 1), on: dataset.manifest, in: dataset.folders, fit: .crop
      ) { _, _ in }
    }
    let found = try #require(try trial(photographs))
    #expect(found.photographCount == 24)
    #expect(found.results.map(\.error) == found.results.map(\.error).sorted())
    #expect(Set(found.results.map(\.preprocess)) == Set(Preprocess.named))
    let again = try #require(try trial(photographs))
    #expect(again.results.map(\.error) == found.results.map(\.error))
    // One that can't be decoded, and there are 23.
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: photographs + "/amber").first)
    try folder.write([0xff, 0xd8, 0xff, 0xe0, 0, 16], to: "photographs/amber/\(name)")
    #expect(try trial(photographs) == nil)
  }

  @Test(
    .enabled(if: TestData.isPresent, "\(TestData.absence)"),
    arguments: [Preprocess.inception, .unit])
  func `a real network's own way is found among all others`(own: Preprocess) throws {
    let path = try #require(TestData.backbone)
    let file = try #require(FileManager.default.contents(atPath: path))
    var model = try OnnxModel(decoding: Array(file))
    model.metadata = []
    if own == .unit {
      // From 0 … 1 to −1 … 1, in weights and biases: as if it had been trained so.
      let first = try #require(model.nodes.first { $0.opType == "Conv" })
      let place = try #require(model.initializers.firstIndex { $0.name == first.inputs[1] })
      let weights = try #require(model.initializers[place].floats)
      let perOutput = weights.count / model.initializers[place].dimensions[0]
      let bias = try #require(model.initializers.firstIndex { $0.name == first.inputs[2] })
      let biases = try #require(model.initializers[bias].floats)
      model.initializers[place] = OnnxTensor(
        name: first.inputs[1], dimensions: model.initializers[place].dimensions,
        elements: .float32(weights.map { 2 * $0 }))
      model.initializers[bias] = OnnxTensor(
        name: first.inputs[2], dimensions: model.initializers[bias].dimensions,
        elements: .float32(
          biases.indices.map { output in
            biases[output] - weights[output * perOutput..<(output + 1) * perOutput].reduce(0, +)
          }))
    }
    let flowers = try #require(TestData.flowers)
    let dataset = try Dataset(reading: .init(flowers), threads: 2)
    let trial = try #require(
      try PreprocessTrial(
        model.encoded(), on: dataset.manifest, in: dataset.folders, fit: .crop
      ) { _, _ in })
    #expect(trial.results.first?.preprocess == own, "\(trial.results)")
  }
}
