/// How many photographs each class has, and whether they suffice.
struct ClassCounts {
  private let classes: [String]
  /// Training photographs of each class.
  private var counts: [Int]

  init(_ classes: [String], _ entries: [Manifest.Entry]) {
    self.classes = classes
    counts = Array(repeating: 0, count: classes.count)
    for entry in entries where entry.part == .training { counts[entry.classIndex] += 1 }
  }

  /// Throws where a class has nothing to train on, with what was left out.
  func check(_ findings: [Finding]) throws(ManifestError) {
    let empty = zip(classes, counts).filter { $1 == 0 }.map(\.0)
    guard !empty.isEmpty else { return }
    throw .emptyClasses(
      empty, Finding.summaries(of: findings.filter(\.isLeftOut)).map(\.text))
  }
}
