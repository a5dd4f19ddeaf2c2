/// The parts of a path, told apart as the system does: by the byte of the slash. For Swift's characters a
/// slash and an accent behind it are one, and no slash.
public enum PathNames {
  private static let slash = UInt8(ascii: "/")

  /// The names between the slashes, without those that are empty.
  public static func all(of path: some StringProtocol) -> [Substring] {
    Substring(path).utf8.split(separator: slash).map { Substring($0) }
  }

  /// What stands behind the last slash: all of it where there is none, nothing where the path ends in one.
  public static func last(of path: String) -> Substring {
    let bytes = path.utf8
    return Substring(
      bytes[(bytes.lastIndex(of: slash).map(bytes.index(after:)) ?? bytes.startIndex)...])
  }

  /// What stands before the last slash: "/" for what lies in the root, nil where there is no slash.
  public static func folder(of path: String) -> String? {
    guard let end = path.utf8.lastIndex(of: slash) else { return nil }
    return end == path.utf8.startIndex ? "/" : String(path.utf8[..<end])
  }

  /// The path of what has this name, or path, in the folder that holds the file at `path`.
  public static func beside(_ path: String, _ name: String) -> String {
    guard let end = path.utf8.lastIndex(of: slash) else { return name }
    return String(Substring(path.utf8[...end])) + name
  }

  /// Without the slashes at its end; "" for the root.
  public static func withoutEnd(_ path: String) -> String {
    let end = path.utf8.lastIndex { $0 != slash }
    return end.map { String(Substring(path.utf8[...$0])) } ?? ""
  }

  /// Whether it begins at the root.
  public static func isAbsolute(_ path: String) -> Bool { path.utf8.first == slash }

  /// Whether a path has a slash in it.
  public static func hasSeveral(_ path: String) -> Bool { path.utf8.contains(slash) }
}
