import Digest
import Testing
import Training

struct ClassLikenessTests {
  @Test func `is the cosine to the nearest class's mean`() {
    let likeness = ClassLikeness(
      of: [[2, 0, 0], [0, 0, 3], [4, 0, 0]], labels: [0, 1, 0], classCount: 3)
    #expect(likeness.directions == [[1, 0, 0], [0, 0, 1], [0, 0, 0]])
    #expect(likeness.likeness(of: [7, 0, 0]) == 1)
    #expect(abs(likeness.likeness(of: [1, 0, 1]) - 0.5.squareRoot()) < 1e-12)
    // A class without samples is like nothing, also where all others are less than that.
    #expect(likeness.likeness(of: [-1, 0, -1]) < -0.7)
    #expect(likeness.likeness(of: [0, 0, 0]) == -1)
  }

  @Test(arguments: 1...20)
  func `each sample is told as if it had not been among the others`(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed), purpose: "likeness")
    let rows = (0..<12).map { _ in (0..<5).map { _ in Float(random.unit() - 0.4) } }
    let labels = (0..<12).map { _ in Int(random.below(3)) }
    let all = ClassLikeness(of: rows, labels: labels, classCount: 3)
    for place in rows.indices {
      let others = rows.indices.filter { $0 != place }
      let without = ClassLikeness(
        of: others.map { rows[$0] }, labels: others.map { labels[$0] }, classCount: 3)
      #expect(
        abs(without.likeness(of: rows[place]) - all.leftOut[place]) < 1e-6, "seed \(seed), \(place)"
      )
    }
  }

  @Test func `the only sample of its class is told by the others`() {
    let likeness = ClassLikeness(
      of: [[1, 0], [0, 1], [0, 1]], labels: [0, 1, 1], classCount: 2)
    #expect(likeness.leftOut == [0, 1, 1])
  }
}
