import Digest
import Files

/// Which photographs belong together (of one patient, one burst, one place), so that a split must not
/// part them: told by their paths.
public struct Grouping {
  /// By the folder that a photograph lies in, where that isn't its class's.
  public static let folderWord = "folder"

  private enum Rule {
    case alone
    case folder
    case match(PathExpression)
  }

  private let pattern: String
  private let rule: Rule

  /// - Parameter pattern: "folder", or a regular expression, of which what the first parentheses match
  ///   is the group; without any, the whole match. Empty where each photograph stands alone.
  public init(_ pattern: String) throws(ManifestError) {
    self.pattern = pattern
    switch pattern {
    case "": rule = .alone
    case Self.folderWord: rule = .folder
    default:
      guard let expression = PathExpression(pattern) else { throw .invalidGroup(pattern) }
      rule = .match(expression)
    }
  }

  /// Throws where no photograph that is to be split is in a group, although groups were asked for: most
  /// likely the pattern was mistyped, and a result would look better than it is. So it does where the
  /// pattern takes too long.
  public func check(_ manifest: Manifest) throws(ManifestError) {
    if case .alone = rule { return }
    let isSplit = manifest.entries.contains { $0.part == .validation }
    let entries = manifest.entries.filter { $0.part == .training }
    guard !isSplit, let first = entries.first,
      try keys(of: entries, classes: manifest.classes).allSatisfy({ $0 == nil })
    else { return }
    throw .noGroups(pattern, example: first.path)
  }

  /// How many groups it makes of the photographs that are to be split, in a sentence; nil where none were
  /// asked for, or nothing is split.
  public func summary(_ manifest: Manifest) throws(ManifestError) -> String? {
    if case .alone = rule { return nil }
    guard !manifest.entries.contains(where: { $0.part == .validation }) else { return nil }
    let keys = try keys(
      of: manifest.entries.filter { $0.part == .training }, classes: manifest.classes)
    let grouped = keys.compactMap(\.self)
    let groupCount = Set(grouped).count
    let alone = keys.count - grouped.count
    return "--group makes \(groupCount == 1 ? "1 group" : "\(groupCount) groups") of "
      + (grouped.count == 1 ? "1 photograph" : "\(grouped.count) photographs")
      + (alone == 0 ? "" : alone == 1 ? "; 1 stands alone" : "; \(alone) stand alone")
  }

  /// What to say of groups that the dataset's own split parts, which nothing here can keep together; nil where
  /// none were asked for, or none is parted.
  public func partedGroups(_ manifest: Manifest) throws(ManifestError) -> String? {
    if case .alone = rule { return nil }
    guard manifest.entries.contains(where: { $0.part != .training }) else { return nil }
    let keys = try keys(of: manifest.entries, classes: manifest.classes)
    var parts: [String: Set<Part>] = [:]
    for (key, entry) in zip(keys, manifest.entries) {
      if let key { parts[key, default: []].insert(entry.part) }
    }
    let parted = parts.filter { $0.value.count > 1 && $0.value.contains(.training) }.keys.sorted()
    guard let first = parted.first else { return nil }
    return
      "--group '\(RelativePath.quoted(pattern))': \(parted.count) of \(parts.count) groups, such as "
      + "\(RelativePath.quoted(first)), have photographs that are trained on and others that validate or "
      + "test, as the dataset is split, so that the accuracy may flatter"
  }

  /// The group of each photograph, nil where it is in none. Throws where the pattern takes too long.
  func keys(
    of entries: [Manifest.Entry], classes: [String]
  ) throws(ManifestError) -> [String?] {
    switch rule {
    case .alone: return entries.map { _ in nil }
    case .folder:
      return entries.map { entry in
        let names = PathNames.all(of: entry.path)
        guard names.count > 1 else { return nil }
        let folder = String(names[names.count - 2])
        return folder == classes[entry.classIndex] ? nil : folder
      }
    case .match(let expression):
      do throws(PathExpression.Endless) {
        return try expression.matches(in: entries.map(\.path))
      } catch {
        throw .endlessGroup(pattern, path: error.path)
      }
    }
  }
}

/// Photographs that must be on one side of a split: the same content, or the same group, or linked
/// by several such.
struct Clusters {
  /// The entries' places, of each cluster in manifest order.
  let members: [[Int]]

  init(
    _ entries: [Manifest.Entry], classes: [String], grouping: Grouping
  ) throws(ManifestError) {
    var parents = Array(entries.indices)
    func root(_ place: Int) -> Int {
      var place = place
      while parents[place] != place {
        parents[place] = parents[parents[place]]
        place = parents[place]
      }
      return place
    }
    var firstOfContent: [ContentDigest: Int] = [:]
    var firstOfGroup: [String: Int] = [:]
    let keys = try grouping.keys(of: entries, classes: classes)
    for (place, entry) in entries.enumerated() {
      if let other = firstOfContent[entry.digest] {
        parents[root(place)] = root(other)
      } else {
        firstOfContent[entry.digest] = place
      }
      guard let key = keys[place] else { continue }
      if let other = firstOfGroup[key] {
        parents[root(place)] = root(other)
      } else {
        firstOfGroup[key] = place
      }
    }
    var byRoot: [Int: [Int]] = [:]
    for place in entries.indices { byRoot[root(place), default: []].append(place) }
    members = byRoot.values.sorted { $0[0] < $1[0] }
  }
}
