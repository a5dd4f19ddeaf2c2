/// What has become of the photographs of a dataset since its manifest was made, by their paths.
public struct ManifestDifference: Equatable, Sendable, CustomStringConvertible {
  public private(set) var added: [String] = []
  public private(set) var gone: [String] = []
  /// Another content under the same path.
  public private(set) var changed: [String] = []
  /// Another class, or another part.
  public private(set) var relabelled: [String] = []

  public init(from before: Manifest, to now: Manifest) {
    let old = Self.byPath(before)
    let new = Self.byPath(now)
    func isBefore(_ left: String, _ right: String) -> Bool {
      left.utf8.lexicographicallyPrecedes(right.utf8)
    }
    added = new.keys.filter { old[$0] == nil }.sorted(by: isBefore)
    gone = old.keys.filter { new[$0] == nil }.sorted(by: isBefore)
    for (path, entry) in old.sorted(by: { isBefore($0.key, $1.key) }) {
      guard let other = new[path] else { continue }
      if entry.digest != other.digest {
        changed.append(path)
      } else if before.classes[entry.classIndex] != now.classes[other.classIndex] {
        relabelled.append(path)
      }
    }
  }

  private static func byPath(_ manifest: Manifest) -> [String: Manifest.Entry] {
    Dictionary(
      manifest.entries.map { ("\($0.part.rawValue)/\($0.path)", $0) },
      uniquingKeysWith: { first, _ in first })
  }

  private static let namedMax = 3

  public var description: String {
    let kinds = [
      (added, "new"), (gone, "gone or left out"), (changed, "changed"),
      (relabelled, "in another class"),
    ]
    return kinds.filter { !$0.0.isEmpty }.map { paths, what in
      // Without the part's number and slash.
      let names = paths.prefix(Self.namedMax).map { RelativePath.quoted(String($0.dropFirst(2))) }
      let more = paths.count > Self.namedMax ? ", ..." : ""
      let verb = paths.count == 1 ? "is" : "are"
      return "\(paths.count) \(verb) \(what) (\(names.joined(separator: ", "))\(more))"
    }.joined(separator: "; ")
  }
}
