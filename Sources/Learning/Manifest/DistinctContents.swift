import Digest

/// How many different photographs each class has, whatever copies of them there are. Pure.
struct DistinctContents {
  let classes: [String]
  /// Of each class.
  let counts: [Int]
  /// Of each class the files beyond them, which are copies.
  private(set) var copies: [Int]

  init(_ entries: [Manifest.Entry], _ classes: [String]) {
    self.classes = classes
    var contents = [Set<ContentDigest>](repeating: [], count: classes.count)
    copies = [Int](repeating: 0, count: classes.count)
    for entry in entries where !contents[entry.classIndex].insert(entry.digest).inserted {
      copies[entry.classIndex] += 1
    }
    counts = contents.map(\.count)
  }

  /// Throws where a class can't be on both sides of a split, with those of the findings that make it the
  /// poorer.
  func check(_ findings: [Finding]) throws(ManifestError) {
    let tooFew = classes.indices.filter { counts[$0] < 2 }
    guard !tooFew.isEmpty else { return }
    let names = tooFew.map { classes[$0] }
    throw .unsplittable(
      classNames: names, counts: counts, of: classes, copies: copies,
      reasons: Finding.sentences(on: findings, in: names))
  }
}
