import Digest
import Foundation
import Testing
import Training

struct TemperatureTests {
  /// Logits whose labels are drawn with the probabilities that they have at a temperature.
  private func drawn(
    _ count: Int, at temperature: Double, seed: UInt64
  ) -> (logits: [[Float]], labels: [Int]) {
    var random = SplitMix64(seed: seed, purpose: "temperature")
    var logits: [[Float]] = []
    var labels: [Int] = []
    for _ in 0..<count {
      let row = (0..<4).map { _ in Float(8 * random.unit()) }
      let weights = row.map { exp(Double($0) / temperature) }
      var left = random.unit() * weights.reduce(0, +)
      let label = weights.firstIndex { weight in
        left -= weight
        return left < 0
      }
      logits.append(row)
      labels.append(label ?? 3)
    }
    return (logits, labels)
  }

  private func loss(_ logits: [[Float]], _ labels: [Int], _ temperature: Double) -> Double {
    zip(logits, labels).reduce(0) { sum, sample in
      let scaled = sample.0.map { Double($0) / temperature }
      return sum + log(scaled.reduce(0) { $0 + exp($1) }) - scaled[sample.1]
    }
  }

  @Test(arguments: [0.5, 1, 2, 3.5])
  func `is found again from labels that were drawn with it`(temperature: Double) {
    let (logits, labels) = drawn(4000, at: temperature, seed: 5)
    let fitted = Temperature.fitted(logits: logits, labels: labels)
    #expect(abs(fitted / temperature - 1) < 0.1, "seed 5: \(fitted)")
    for other in [0.9 * fitted, 1.1 * fitted] {
      #expect(loss(logits, labels, other) > loss(logits, labels, fitted), "seed 5")
    }
    // Logits mean the same when a number is added to all of them.
    let shifted = Temperature.fitted(logits: logits.map { $0.map { $0 + 64 } }, labels: labels)
    #expect(abs(shifted - fitted) < 1e-3)
  }

  @Test func `a few samples that are all right don't make it certain of everything`() {
    let logits: [[Float]] = [[9, 0], [0, 9], [9, 0], [9, 0]]
    let fitted = Temperature.fitted(logits: logits, labels: [0, 1, 0, 0])
    // Of four right answers Platt's target is 5/6: 9/T = log 5.
    #expect(abs(fitted - 9 / log(5)) < 1e-9)
    #expect(Temperature.fitted(logits: [], labels: []) == 1)
    // Nothing to tell from, and everything wrong.
    #expect(Temperature.range.contains(Temperature.fitted(logits: [[1, 1]], labels: [0])))
    #expect(Temperature.fitted(logits: [[9, 0], [9, 0]], labels: [1, 1]) > 15.9)
  }

  @Test func `a temperature of one half is fitted on the other`() {
    let (logits, labels) = drawn(200, at: 2, seed: 6)
    let all = Temperature.crossFitted(logits: logits, labels: labels)
    let odd = stride(from: 1, to: 200, by: 2)
    let fitted = Temperature.fitted(logits: odd.map { logits[$0] }, labels: odd.map { labels[$0] })
    #expect(all[0] == fitted && all[198] == fitted && all[1] != fitted)
  }

  @Test func `the exponential is that of the C library`() {
    for step in 0...7080 {
      let x = -Double(step) / 10 - 0.013
      guard x >= -708 else { continue }
      let expected = exp(x)
      #expect(abs(ElementaryFunctions.exponential(x) - expected) <= 2 * expected.ulp, "\(x)")
    }
    #expect(ElementaryFunctions.exponential(0) == 1)
    #expect(ElementaryFunctions.exponential(-1e9) == 0)
  }
}

struct ReliabilityTests {
  @Test func `tells by how much certainty and accuracy differ`() {
    var reliability = Reliability()
    #expect(reliability.expectedCalibrationError == nil)
    // Nine of ten right at 0.9, and one of two at 0.6.
    for number in 0..<10 {
      reliability.count(certainty: 0.9, isRight: number > 0, labelProbability: 0.5)
    }
    for number in 0..<2 {
      reliability.count(certainty: 0.6, isRight: number > 0, labelProbability: 0.5)
    }
    #expect(abs((reliability.meanLoss ?? .nan) - log(2)) < 1e-12)
    let error = reliability.expectedCalibrationError ?? .nan
    #expect(abs(error - 2 * 0.1 / 12) < 1e-12)
    #expect(reliability.count == 12 && reliability.bins[13].accuracy == 0.9)
    // The ends of the range.
    reliability.count(certainty: 0, isRight: false, labelProbability: 0)
    reliability.count(certainty: 1, isRight: true, labelProbability: 1)
    #expect(reliability.bins[0].count == 1 && reliability.bins[14].count == 1)
  }
}
