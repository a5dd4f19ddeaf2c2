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

  @Test(arguments: [1, 7, 8, 9, 30])
  func `with any number of threads and classes the bits are those of plain sums`(classCount: Int) {
    var random = SplitMix64(seed: UInt64(classCount), purpose: "likeness")
    let rows = (0..<150).map { _ in (0..<13).map { _ in Float(random.unit() - 0.4) } }
    // One class has no sample.
    let labels = (0..<150).map { _ in Int(random.below(UInt64(classCount))) }
    let expected = ClassLikeness(of: rows, labels: labels, classCount: classCount + 1)
    for threads in [2, 3, 16] {
      let found = ClassLikeness(
        of: rows, labels: labels, classCount: classCount + 1, threads: threads)
      #expect(found == expected && found.leftOut == expected.leftOut, "\(threads) threads")
    }
    for row in rows.prefix(20) {
      func sum(_ numbers: [Double]) -> Double { numbers.reduce(0, +) }
      let length = sum(row.map { Double($0) * Double($0) }).squareRoot()
      let cosines = (0..<classCount).compactMap { place in
        labels.contains(place)
          ? sum(zip(expected.directions[place], row).map { Double($0) * Double($1) }) / length : nil
      }
      #expect(expected.likeness(of: row) == cosines.max())
    }
  }

  @Test func `the only sample of its class is told by the others`() {
    let likeness = ClassLikeness(
      of: [[1, 0], [0, 1], [0, 1]], labels: [0, 1, 1], classCount: 2)
    #expect(likeness.leftOut == [0, 1, 1])
  }
}
