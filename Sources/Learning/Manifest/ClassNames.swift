/// A name of a class where it was found.
public struct ClassPlace: Equatable, Sendable, CustomStringConvertible {
  public let name: String
  /// A folder's path, or a line of a list; nil where a message says it anyway.
  public let place: String?

  public init(_ name: String, _ place: String? = nil) {
    self.name = name
    self.place = place
  }

  /// "tulips (photos/val/tulips)".
  public var description: String {
    RelativePath.quoted(name) + (place.map { " (\(RelativePath.quoted($0)))" } ?? "")
  }
}

/// When two names are those of the same class, and when they only look like it.
///
/// Names are equal as Swift's strings are, by Unicode's canonical equivalence: a folder that came
/// through a Mac has its accents in another form and means the same class. Two folders side by side
/// whose names differ by that, or by capitals alone, are somebody's mistake.
public enum ClassNames {
  /// The names, each once and where it was found first, sorted by their bytes. Throws for one that can't
  /// be a class's, for one class alone, and for two that can't be told apart.
  static func sorted(_ found: [ClassPlace], folder: String) throws(ManifestError) -> [ClassPlace] {
    if let wrong = found.first(where: {
      $0.name.utf8.contains(UInt8(ascii: "/")) || !RelativePath.isAcceptable($0.name)
        || $0.name.unicodeScalars.contains("\u{FFFD}")
    }) {
      throw .invalidClassName(wrong.name, at: wrong.place)
    }
    // In a dataset with parts in its classes a name comes several times, always the same bytes.
    var byBytes: Set<[UInt8]> = []
    let sorted = found.filter { byBytes.insert(Array($0.name.utf8)).inserted }
      .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    if let pair = firstSimilar(in: sorted.map(\.name)) {
      throw .similarClasses(sorted[pair.0], sorted[pair.1], folder: folder)
    }
    guard let first = sorted.first else { throw .noClasses(folder: folder) }
    guard sorted.count > 1 else { throw .oneClass(first.name, folder: folder) }
    return sorted
  }

  /// Throws for names that no known class has.
  static func check(
    _ unknown: [ClassPlace], among known: [ClassPlace], folder: String
  ) throws(ManifestError) {
    guard let first = unknown.first else { return }
    if let near = known.first(where: { key($0.name) == key(first.name) }) {
      throw .similarClasses(first, near, folder: folder)
    }
    var seen: Set<String> = []
    let each = unknown.filter { seen.insert($0.name).inserted }.sorted { $0.name < $1.name }
    throw .unknownClasses(each, known: known.map(\.name), folder: folder)
  }

  /// The places of the first two that differ at most in capitals and Unicode form.
  static func firstSimilar(in names: [String]) -> (Int, Int)? {
    var seen: [String: Int] = [:]
    for (place, name) in names.enumerated() {
      if let other = seen.updateValue(place, forKey: key(name)) { return (other, place) }
    }
    return nil
  }

  /// The same for names that differ at most in capitals and, as strings are compared, Unicode form.
  private static func key(_ name: String) -> String { name.uppercased().lowercased() }
}
