/// Folders side by side that hold folders of the same names. Either these are the classes, and the
/// folders around them are cameras, places, patients, folds; or the ones around them are, and what lies
/// in each is a view or a kind of picture. Names and numbers alone can't tell.
struct TwinFolders {
  /// Of those side by side.
  let names: [String]
  /// That most of the folders in them have, in most of them: two or more, unless one is enough.
  let inner: [String]

  /// Nil where they hold photographs, or folders of their own names.
  init?(_ tree: FolderTree, innerCountMin: Int = 2) {
    let folders = tree.inhabited
    guard folders.count > 1, folders.allSatisfy({ $0.isAcceptable && $0.holdsFolders }) else {
      return nil
    }
    let held = folders.map { Self.unwrap($0).inhabited.map(\.name) }
    // A place may lack what others have.
    var counts: [String: Int] = [:]
    for name in held.joined() { counts[name, default: 0] += 1 }
    let countMin = max(2, (folders.count + 1) / 2)
    names = folders.map(\.name)
    inner = counts.filter { $0.value >= countMin }.keys.sorted()
    guard inner.count >= innerCountMin, 2 * inner.count >= counts.count else { return nil }
    // Bursts, years and other numbers within classes that have names.
    guard inner.contains(where: Self.hasLetters) || !names.contains(where: Self.hasLetters) else {
      return nil
    }
  }

  private static func hasLetters(_ name: String) -> Bool { name.contains(where: \.isLetter) }

  /// The folder, or the one that it wraps: "amazon/images".
  private static func unwrap(_ folder: FolderTree) -> FolderTree {
    var folder = folder
    while folder.inhabited.count == 1, let inner = folder.inhabited.first, inner.isAcceptable,
      inner.holdsFolders
    {
      folder = inner
    }
    return folder
  }

  private static let pieceWords: Set<String> = [
    "fold", "folds", "kfold", "cv", "part", "split", "subset", "chunk", "batch", "shard", "piece",
    "portion",
  ]

  /// Whether they are named as pieces of one set are, `fold1` and `fold2`, which are no classes.
  var arePieces: Bool {
    let words = names.map(PartName.split)
    return words.allSatisfy { $0 == words[0] } && words[0].contains(where: Self.pieceWords.contains)
  }

  /// Why that is so, for people.
  var piecesReason: String {
    "\(Self.list(names)) are named like pieces of one set, and each holds folders of the same names "
      + "(\(Self.list(inner)))"
  }

  /// Why they may be no classes where each is split into parts that hold the others.
  var splitReason: String {
    "\(Self.list(names)) are each split into parts, and the parts of all of them hold folders of the same "
      + "names (\(Self.list(inner)))"
  }

  /// What to say where they are taken for classes.
  var doubt: String {
    "\(Self.list(names)) are taken for the classes, and each of them holds folders of the same names "
      + "(\(Self.list(inner))): if those are the classes, put all photographs of each into one folder; "
      + "if not, '--layout classes' says so"
  }

  /// More than a line has room for.
  private static let namedMax = 6

  private static func list(_ names: [String]) -> String {
    names.prefix(namedMax).map(RelativePath.quoted).joined(separator: ", ")
      + (names.count > namedMax ? ", ..." : "")
  }
}
