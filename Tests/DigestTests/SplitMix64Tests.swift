import Digest
import Testing

struct SplitMix64Tests {
  @Test func `the generator gives the published numbers`() {
    var random = SplitMix64(state: 1_234_567)
    let numbers = (0..<5).map { _ in random.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  // Computed by an independent program from the definition in the documentation.
  @Test func `seed, purpose and numbers choose the state`() {
    var random = SplitMix64(seed: 42, purpose: "visiting order", 3)
    var same = SplitMix64(state: 0x695f_d1f4_3dc2_86d2)
    #expect(random.next() == same.next())
  }

  @Test func `shuffling and bounded draws never change`() {
    var random = SplitMix64(seed: 42, purpose: "visiting order", 3)
    var elements = Array(0..<10)
    random.shuffle(&elements)
    #expect(elements == [7, 5, 8, 4, 2, 1, 3, 0, 6, 9])

    var small = SplitMix64(state: 0)
    #expect((0..<10).map { _ in small.below(10) } == [8, 4, 0, 9, 1, 3, 1, 7, 2, 9])
    // A bound that makes nearly every second draw a redraw.
    var large = SplitMix64(state: 7)
    #expect(
      (0..<3).map { _ in large.below((1 << 63) + 1) } == [
        3_595_544_800_446_187_243, 8_308_050_873_407_804_673, 2_300_599_727_732_774_152,
      ])
    var unit = SplitMix64(state: 0)
    #expect(unit.unit() == 0.883_310_808_213_642_6)
  }

  @Test func `purposes, seeds and numbers have generators of their own`() {
    var generators = [
      SplitMix64(seed: 1, purpose: "a"), SplitMix64(seed: 2, purpose: "a"),
      SplitMix64(seed: 1, purpose: "b"), SplitMix64(seed: 1, purpose: "a", 0),
      SplitMix64(seed: 1, purpose: "a", 1), SplitMix64(seed: 1, purpose: "a", 0, 0),
    ]
    var numbers: Set<UInt64> = []
    for index in generators.indices { numbers.insert(generators[index].next()) }
    #expect(numbers.count == generators.count)
  }

  @Test func `bounded draws are even`() {
    var random = SplitMix64(state: 99)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[Int(random.below(7))] += 1 }
    // Five standard deviations around the expected 10,000.
    #expect(counts.allSatisfy { abs($0 - 10_000) < 465 })
  }

  @Test func `shuffling keeps every element`() {
    var random = SplitMix64(state: 5)
    for count in 0..<20 {
      var elements = Array(0..<count)
      random.shuffle(&elements)
      #expect(elements.sorted() == Array(0..<count))
    }
  }
}
