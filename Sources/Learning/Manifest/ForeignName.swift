import Files

/// Names that aren't UTF-8, as old archives and other systems leave them. Everything here knows names as
/// texts, and a text can only stand for such a name: the system doesn't find it by that.
public enum ForeignName {
  /// Of a file or folder, what to say.
  public static let problem =
    "its name is not UTF-8: rename it (convmv does that for whole folders)"

  /// In a text it stands for bytes that are none.
  private static let replacement = "\u{fffd}"

  /// Whether a path that nothing is found by stands for one with such a name in it.
  public static func isMeant(by path: String) -> Bool {
    guard path.contains(replacement) else { return false }
    var folder = PathNames.isAbsolute(path) ? "/" : "."
    for name in PathNames.all(of: path) {
      if name.contains(replacement), holdsForeign(String(name), in: folder) { return true }
      folder += "/\(name)"
    }
    return false
  }

  private static func holdsForeign(_ name: String, in folder: String) -> Bool {
    let items = (try? FolderListing.read(folder)) ?? []
    return items.contains { item in
      String(decoding: item.name, as: UTF8.self) == name
        && String(validating: item.name, as: UTF8.self) == nil
    }
  }
}
