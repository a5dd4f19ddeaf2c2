import Digest
import Testing
import Training

struct LookAlikeTests {
  private func row(_ random: inout SplitMix64, around centre: [Float]) -> [Float] {
    centre.map { $0 + Float(random.unit()) }
  }

  @Test func `copies with small changes are found, and others of their class aren't`() {
    let seed: UInt64 = 11
    var random = SplitMix64(seed: seed, purpose: "look-alikes")
    let centres = (0..<3).map { _ in (0..<96).map { _ in Float(3 * random.unit()) } }
    let trained = (0..<120).map { index in
      LookAlikes.Sample(
        index: UInt32(index), features: row(&random, around: centres[index % 3]), label: index % 3)
    }
    var measured = (0..<90).map { index in
      LookAlikes.Sample(
        index: UInt32(1000 + index), features: row(&random, around: centres[index % 3]),
        label: index % 3)
    }
    for place in 0..<5 {
      // A copy of trained sample 7 · place, a little brighter.
      measured[place * 11].label = trained[7 * place].label
      measured[place * 11].features = trained[7 * place].features.map {
        $0 + 0.1 * Float(random.unit())
      }
    }
    let found = LookAlikes(trained: trained, measured: measured)
    #expect(found.lookedAtCount == 90)
    #expect(found.pairs.map(\.measured) == [1000, 1011, 1022, 1033, 1044])
    #expect(found.pairs.map(\.trained) == [0, 7, 14, 21, 28])
    #expect(found.pairs.allSatisfy { $0.cosine > 0.9 && $0.cosine < 1.001 })
  }

  @Test func `among each other a pair is told once, and no sample is like itself`() {
    let seed: UInt64 = 14
    var random = SplitMix64(seed: seed, purpose: "look-alikes")
    var samples = (0..<80).map { index in
      LookAlikes.Sample(
        index: UInt32(index), features: (0..<128).map { _ in Float(random.unit()) },
        label: index % 2)
    }
    #expect(LookAlikes(among: samples).pairs.isEmpty)
    for (copy, original) in [(10, 4), (31, 7)] {
      samples[copy].features = samples[original].features.map { 0.9 * $0 + 0.03 }
    }
    let found = LookAlikes(among: samples).pairs
    #expect(found.count == 2)
    #expect(found.map { [$0.measured, $0.trained].sorted() } == [[4, 10], [7, 31]])
  }

  @Test func `bursts are found in a small class that has little else`() {
    let seed: UInt64 = 13
    var random = SplitMix64(seed: seed, purpose: "look-alikes")
    let trained = (0..<12).map { index in
      LookAlikes.Sample(
        index: UInt32(index), features: (0..<256).map { _ in Float(random.unit()) }, label: 0)
    }
    let measured = trained.prefix(8).map { sample in
      LookAlikes.Sample(
        index: 100 + sample.index, features: sample.features.map { 0.95 * $0 + 0.02 }, label: 0)
    }
    let found = LookAlikes(trained: trained, measured: Array(measured))
    #expect(found.pairs.map(\.trained) == Array(0..<8))
  }

  @Test func `features of few dimensions, alike by chance, are no find`() {
    let seed: UInt64 = 12
    var random = SplitMix64(seed: seed, purpose: "look-alikes")
    func samples(_ count: Int) -> [LookAlikes.Sample] {
      (0..<count).map { index in
        LookAlikes.Sample(
          index: UInt32(index), features: (0..<6).map { _ in Float(random.unit()) }, label: 0)
      }
    }
    let trained = samples(200)
    var measured = samples(100)
    measured[40].features = trained[150].features
    let found = LookAlikes(trained: trained, measured: measured)
    #expect(found.pairs.contains { $0.measured == 40 && $0.trained == 150 })
    #expect(found.pairs.count < 40, "\(found.pairs.count) of 100")
  }

  @Test func `nothing to compare, and features that are all the same, give no pair`() {
    #expect(LookAlikes(trained: [], measured: []).pairs.isEmpty)
    let same = LookAlikes.Sample(index: 0, features: [Float](repeating: 1, count: 16), label: 0)
    let other = LookAlikes.Sample(index: 1, features: same.features, label: 1)
    #expect(LookAlikes(trained: [same], measured: [same]).pairs.isEmpty)
    #expect(LookAlikes(trained: [same], measured: [other]).pairs.isEmpty)
  }
}
