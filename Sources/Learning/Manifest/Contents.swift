import Digest

/// What the contents of files say that their names don't: which photographs have no certain label,
/// and which would be trained on although they validate or test. Pure.
struct Contents {
  /// What may be trained on, sorted as a manifest has it.
  private(set) var entries: [Manifest.Entry] = []
  private(set) var findings: [Finding] = []
  private let classes: [String]

  /// - Parameters:
  ///   - sorted: as a manifest has them.
  ///   - classes: the names of theirs.
  ///   - shown: how people know an entry.
  init(_ sorted: [Manifest.Entry], classes: [String], shown: (Manifest.Entry) -> String) {
    self.classes = classes
    var copies: [ContentDigest: [Manifest.Entry]] = [:]
    for entry in sorted { copies[entry.digest, default: []].append(entry) }
    for entry in sorted {
      let same = copies[entry.digest] ?? []
      let isFirst = same.first == entry
      if same.contains(where: { $0.classIndex != entry.classIndex }) {
        guard isFirst else { continue }
        let others = same.dropFirst()
        add(entry, .severalClasses(others: others.map(shown)), shown, and: Array(others))
      } else if let later = same.last(where: { $0.part > entry.part }) {
        // What validates and tests would choose by what it is tested on.
        add(entry, .leak(of: shown(later), later.part), shown)
      } else {
        entries.append(entry)
        let kept = same.first { $0.part == entry.part } ?? entry
        if kept != entry { add(entry, .duplicate(of: shown(kept)), shown) }
      }
    }
  }

  private mutating func add(
    _ entry: Manifest.Entry, _ reason: Finding.Reason, _ shown: (Manifest.Entry) -> String,
    and others: [Manifest.Entry] = []
  ) {
    let labels = Set(([entry] + others).map(\.classIndex)).sorted()
    findings.append(
      Finding(path: shown(entry), reason: reason, classes: labels.map { classes[$0] }))
  }
}
