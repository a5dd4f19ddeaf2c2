/// What the folders of a dataset mean: which is a class of which part. A decision about names and
/// numbers alone; no file is read for it.
package struct Layout: Equatable, Sendable {
  /// A folder of photographs of one class.
  package struct ClassFolder: Equatable, Sendable {
    package var part: Part
    package var name: String
    package var folder: FolderTree
  }

  /// The folder that paths are relative to, where the one that was given only wraps another.
  package private(set) var root = ""
  package private(set) var folders: [ClassFolder] = []
  /// Files beside the folders of classes.
  package private(set) var strays: [FolderTree.File] = []
  /// Empty folders.
  package private(set) var empty: [String] = []
  /// For people: what was entered, taken for a part, or passed over.
  package internal(set) var notes: [String] = []
  /// For people: why the folders may be no classes, although they are taken for such.
  package private(set) var doubt: String?

  /// Whether it has parts besides training.
  var isSplit: Bool { folders.contains { $0.part != .training } }

  /// - Parameters:
  ///   - scanned: the whole folder.
  ///   - title: what to call it in messages.
  ///   - known: the classes of training, where this is a folder of validation or test photographs.
  package init(
    _ scanned: FolderTree, title: String, reading: Dataset.Reading = .auto, known: [String]? = nil
  ) throws(ManifestError) {
    var tree = scanned
    while true {
      note(tree)
      if reading == .auto {
        if let split = try SplitLayout(tree, title: Self.title(title, tree)) {
          take(split)
          return
        }
      }
      let documents = tree.inhabited.filter(\.holdsDocumentsAlone)
      let others = tree.inhabited.filter { !$0.holdsDocumentsAlone }
      guard others.count == 1, let inner = others.first, inner.isAcceptable,
        inner.holdsFolders, known?.contains(inner.name) != true
      else { break }
      notes.append(
        "\(RelativePath.quoted(inner.path))/ is the only folder"
          + (documents.isEmpty ? "" : " with photographs") + ": its folders are the classes")
      for folder in documents { folder.forEachFile { strays.append($0) } }
      tree = inner
    }
    folders = tree.inhabited.map { ClassFolder(part: .training, name: $0.name, folder: $0) }
    root = tree.path
    if reading == .auto, known == nil, let twins = TwinFolders(tree) {
      guard !twins.arePieces else {
        throw .unclearLayout(folder: Self.title(title, tree), reason: twins.piecesReason)
      }
      doubt = twins.doubt
    }
    guard !folders.isEmpty else {
      throw tree.pictureCount > 0
        ? .noLabels(folder: Self.title(title, tree)) : .noClasses(folder: Self.title(title, tree))
    }
  }

  /// All its folders are of one part.
  mutating func setPart(_ part: Part) {
    for index in folders.indices { folders[index].part = part }
  }

  /// The folder that paths are relative to.
  func folder(in given: String) -> String { root.isEmpty ? given : "\(given)/\(root)" }

  private mutating func note(_ tree: FolderTree) {
    strays += tree.files
    empty += tree.folders.filter(\.isEmpty).map(\.path)
  }

  private mutating func take(_ split: SplitLayout) {
    folders = split.folders
    strays += split.strays
    empty += split.empty
    notes += split.notes
    root = split.root
  }

  private static func title(_ title: String, _ tree: FolderTree) -> String {
    tree.path.isEmpty ? title : "\(title)/\(tree.path)"
  }
}
