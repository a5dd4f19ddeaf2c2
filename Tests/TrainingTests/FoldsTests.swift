import Digest
import Testing
import Training

struct FoldsTests {
  @Test(arguments: 1...50)
  func `each class is dealt evenly and copies stay together`(seed: Int) {
    var random = SplitMix64(seed: UInt64(seed), purpose: "folds test")
    let classCount = 2 + Int(random.below(4))
    let foldCount = 2 + Int(random.below(9))
    var labels: [Int] = []
    var contents: [Int] = []
    for content in 0..<Int(10 + random.below(90)) {
      let label = content % classCount
      for _ in 0...Int(random.below(3)) {
        labels.append(label)
        contents.append(content)
      }
    }
    let folds = Folds(labels: labels, contents: contents, count: foldCount, seed: 3)
    #expect(folds == Folds(labels: labels, contents: contents, count: foldCount, seed: 3))
    var foldOf: [Int: Int] = [:]
    var sizes = [[Int]](
      repeating: Array(repeating: 0, count: foldCount), count: classCount)
    for (place, fold) in folds.places.enumerated() {
      guard let fold else {
        Issue.record("seed \(seed): every class has several contents")
        return
      }
      if let known = foldOf[contents[place]] {
        #expect(known == fold, "seed \(seed)")
      } else {
        foldOf[contents[place]] = fold
        sizes[labels[place]][fold] += 1
      }
    }
    for row in sizes { #expect(row.max()! - row.min()! <= 1, "seed \(seed): \(row)") }
    let totals = (0..<foldCount).map { fold in sizes.reduce(0) { $0 + $1[fold] } }
    #expect(totals.max()! - totals.min()! <= 1, "seed \(seed): \(totals)")
  }

  @Test func `another seed deals otherwise`() {
    let labels = (0..<100).map { $0 % 2 }
    let contents = Array(0..<100)
    #expect(
      Folds(labels: labels, contents: contents, count: 10, seed: 1)
        != Folds(labels: labels, contents: contents, count: 10, seed: 2))
  }

  @Test func `a class of one content is left out of no head`() {
    let folds = Folds(labels: [0, 0, 1, 0, 1], contents: [0, 1, 2, 3, 2], count: 2, seed: 1)
    #expect(folds.places[2] == nil && folds.places[4] == nil)
    #expect([0, 1, 3].allSatisfy { folds.places[$0] != nil })
  }
}
