/// How many photographs each class has, and whether they suffice.
public struct ClassCounts: Equatable, Sendable, CustomStringConvertible {
  public let classes: [String]
  /// Training photographs of each class; where the dataset isn't split, those that validate are among
  /// them.
  public let counts: [Int]

  public init(_ classes: [String], _ entries: [Manifest.Entry]) {
    self.classes = classes
    var counts = Array(repeating: 0, count: classes.count)
    for entry in entries where entry.part == .training { counts[entry.classIndex] += 1 }
    self.counts = counts
  }

  /// Throws where a class has nothing to train on, with what was left out.
  func check(_ findings: [Finding]) throws(ManifestError) {
    let empty = zip(classes, counts).filter { $1 == 0 }.map(\.0)
    guard !empty.isEmpty else { return }
    throw .emptyClasses(empty, Finding.sentences(on: findings.filter(\.isLeftOut), in: empty))
  }

  /// More than a line has room for.
  private static let namedMax = 20

  /// "daisy 127, dandelion 180"; of very many classes the smallest and the largest, or the one size that
  /// all have.
  public var description: String {
    guard classes.count > Self.namedMax else {
      return classes.indices.map(text).joined(separator: ", ")
    }
    guard counts[smallest] < counts[largest] else { return "\(counts[smallest])" }
    return
      "from \(counts[smallest]) (\(name(of: smallest))) to \(counts[largest]) (\(name(of: largest)))"
  }

  /// From so many times as many on, a head learns little of the smaller class but to prefer the larger.
  private static let imbalanceMin = 5

  /// What to say of classes of very different size; nil where they are about as large as each other.
  public var imbalance: String? {
    guard counts[largest] >= Self.imbalanceMin * counts[smallest] else { return nil }
    return
      "the classes differ much in size (\(text(of: smallest)), \(text(of: largest))): look at the "
      + "balanced accuracy, and try --class-weights balanced"
  }

  private var smallest: Int { counts.indices.min { counts[$0] < counts[$1] } ?? 0 }
  private var largest: Int { counts.indices.max { counts[$0] < counts[$1] } ?? 0 }

  private func text(of place: Int) -> String {
    "\(name(of: place)) \(counts[place])"
  }

  /// In quotation marks where it ends in a digit: "'7' 12" are 12 photographs of the class 7.
  private func name(of place: Int) -> String {
    let name = RelativePath.quoted(classes[place])
    return name.last?.isNumber == true ? "'\(name)'" : name
  }
}
