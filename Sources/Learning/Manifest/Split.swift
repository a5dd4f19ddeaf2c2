import Digest

/// Which samples are trained on, which validate, and which are kept aside for a test at the end.
///
/// A manifest with a part for validation says so itself. Otherwise some of the training samples
/// validate. The same contents, and where asked for whole groups, stay together: such clusters are
/// ranked by SHA-256(seed as 8 bytes, little-endian, then the smallest digest of their contents).
/// Each class has round(fraction · n) of its n distinct contents for validation, at least one and at
/// most n − 1; the clusters go there in the order of their ranks while that brings the classes nearer
/// to their numbers. Thus a content is never on both sides, and without groups a photograph that is
/// added or removed hardly moves any other.
public struct Split: Equatable, Sendable {
  /// Sample indices in manifest order.
  public let training: [UInt32]
  /// Sample indices in manifest order.
  public let validation: [UInt32]
  /// Sample indices in manifest order.
  public let test: [UInt32]

  /// - Parameters:
  ///   - validationFraction: strictly between 0 and 1.
  ///   - group: a pattern as `Grouping` takes it; empty where each photograph stands alone.
  ///
  /// Throws where a class hasn't got contents, or groups, for both sides.
  public init(
    _ manifest: Manifest, validationFraction: Double, seed: UInt64, group: String = ""
  ) throws(ManifestError) {
    guard validationFraction > 0 && validationFraction < 1 else {
      throw .invalidFraction(validationFraction)
    }
    let indices = manifest.entries.indices.map { UInt32($0) }
    func samples(_ part: Part) -> [UInt32] {
      indices.filter { manifest.entries[Int($0)].part == part }
    }
    let trainable = samples(.training)
    test = samples(.test)
    guard samples(.validation).isEmpty else {
      (training, validation) = (trainable, samples(.validation))
      return
    }
    let entries = trainable.map { manifest.entries[Int($0)] }
    var choice = try SplitChoice(entries, manifest.classes, validationFraction)
    let clusters = try Clusters(
      entries, classes: manifest.classes, grouping: try Grouping(group))
    choice.take(from: clusters, seed: seed)
    try choice.check()
    let chosen = choice.isChosen
    training = zip(trainable, chosen).filter { !$0.1 }.map(\.0)
    validation = zip(trainable, chosen).filter(\.1).map(\.0)
  }
}

/// Which of the training samples validate, as it is being decided.
private struct SplitChoice {
  private let entries: [Manifest.Entry]
  private let classes: [String]
  /// Distinct contents of each class, and how many of them are to validate and do.
  private let counts: [Int]
  private let wanted: [Int]
  private var taken: [Int]
  private(set) var isChosen: [Bool]

  init(
    _ entries: [Manifest.Entry], _ classes: [String], _ fraction: Double
  ) throws(ManifestError) {
    let contents = DistinctContents(entries, classes)
    try contents.check([])
    let counts = contents.counts
    self.entries = entries
    self.classes = classes
    self.counts = counts
    wanted = counts.map { max(1, min($0 - 1, Int((fraction * Double($0)).rounded()))) }
    taken = Array(repeating: 0, count: classes.count)
    isChosen = Array(repeating: false, count: entries.count)
  }

  mutating func take(from clusters: Clusters, seed: UInt64) {
    let seedBytes = (0..<8).map { UInt8(truncatingIfNeeded: seed >> UInt64(8 * $0)) }
    let ranked = clusters.members.map { members in
      let digest = members.map { entries[$0].digest }.min()!
      return (rank: ContentDigest.sha256(seedBytes + digest.bytes), members: members)
    }
    let clusters = ranked.sorted { $0.rank < $1.rank }.map {
      ($0.members, contents(of: $0.members))
    }
    for (members, own) in clusters where isWelcome(own) { take(members, own) }
    // Where all groups of a class are larger than what it needs, the smallest one serves.
    for label in classes.indices where taken[label] == 0 {
      let fitting = clusters.filter { $0.1[label] != nil && leavesSome($0.1) }
      if let (members, own) = fitting.min(by: { $0.0.count < $1.0.count }) { take(members, own) }
    }
  }

  private mutating func take(_ members: [Int], _ own: [Int: Int]) {
    for (label, count) in own { taken[label] += count }
    for place in members { isChosen[place] = true }
  }

  private func leavesSome(_ own: [Int: Int]) -> Bool {
    own.allSatisfy { label, count in taken[label] + count < counts[label] }
  }

  /// How many distinct contents of which class.
  private func contents(of members: [Int]) -> [Int: Int] {
    var contents: [Int: Set<ContentDigest>] = [:]
    for place in members {
      contents[entries[place].classIndex, default: []].insert(entries[place].digest)
    }
    return contents.mapValues(\.count)
  }

  /// Whether it brings the classes nearer to their numbers, and leaves something to train on.
  private func isWelcome(_ own: [Int: Int]) -> Bool {
    guard leavesSome(own) else { return false }
    var gain = 0
    for (label, count) in own {
      let missing = wanted[label] - taken[label]
      gain += min(count, missing) - max(0, count - missing)
    }
    return gain > 0
  }

  /// Throws where a class has nothing that validates: its groups can't be parted.
  func check() throws(ManifestError) {
    let unparted = classes.indices.filter { taken[$0] == 0 }
    guard unparted.isEmpty else { throw .unpartedGroups(unparted.map { classes[$0] }) }
  }
}
