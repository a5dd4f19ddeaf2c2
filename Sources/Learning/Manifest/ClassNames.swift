/// When two names are those of the same class, and when they only look like it.
///
/// Names are equal as Swift's strings are, by Unicode's canonical equivalence: a folder that came
/// through a Mac has its accents in another form and means the same class. Two folders side by side
/// whose names differ by that, or by capitals alone, are somebody's mistake.
public enum ClassNames {
  /// The names, each once, sorted by their bytes. Throws for one that can't be a class's, for one
  /// class alone, and for two that can't be told apart.
  static func sorted(_ names: [String], folder: String) throws(ManifestError) -> [String] {
    if let wrong = names.first(where: {
      $0.utf8.contains(UInt8(ascii: "/")) || !RelativePath.isAcceptable($0)
        || $0.unicodeScalars.contains("\u{FFFD}")
    }) {
      throw .invalidClassName(wrong)
    }
    // In a dataset with parts in its classes a name comes several times, always the same bytes.
    var byBytes: Set<[UInt8]> = []
    let sorted = names.filter { byBytes.insert(Array($0.utf8)).inserted }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    if let pair = firstSimilar(in: sorted) { throw .similarClasses(pair.0, pair.1, folder: folder) }
    guard let first = sorted.first else { throw .noClasses(folder: folder) }
    guard sorted.count > 1 else { throw .oneClass(first, folder: folder) }
    return sorted
  }

  /// Throws for names that no known class has.
  static func check(
    _ unknown: [String], among known: [String], folder: String
  ) throws(ManifestError) {
    guard let first = unknown.first else { return }
    if let near = known.first(where: { key($0) == key(first) }) {
      throw .similarClasses(first, near, folder: folder)
    }
    throw .unknownClasses(Array(Set(unknown)).sorted(), known: known, folder: folder)
  }

  /// The first two that differ at most in capitals and Unicode form.
  static func firstSimilar(in names: [String]) -> (String, String)? {
    var seen: [String: String] = [:]
    for name in names {
      if let other = seen.updateValue(name, forKey: key(name)) { return (other, name) }
    }
    return nil
  }

  /// The same for names that differ at most in capitals and, as strings are compared, Unicode form.
  private static func key(_ name: String) -> String { name.uppercased().lowercased() }
}
