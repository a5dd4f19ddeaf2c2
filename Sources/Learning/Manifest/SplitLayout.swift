import Files

/// Folders that are the parts of a split dataset: `train`, `val` and `test` with the same classes in
/// each, or classes with such folders in each.
struct SplitLayout {
  private(set) var folders: [Layout.ClassFolder] = []
  private(set) var strays: [FolderTree.File] = []
  private(set) var empty: [String] = []
  private(set) var notes: [String] = []
  let root: String

  private let title: String

  /// Nil where the folders are classes; throws where it can't be told.
  init?(_ tree: FolderTree, title: String) throws(ManifestError) {
    self.title = title
    root = tree.path
    let inner = tree.inhabited
    let meanings = PartName.meanings(of: inner.map(\.name))
    let named = zip(inner, meanings).map { (folder: $0, meaning: $1) }
    if !meanings.contains(where: { $0 != nil }) {
      guard try takeClassesWithParts(inner) else { return nil }
      return
    }
    let training = named.filter { $0.meaning == .training }.map(\.folder)
    let others = named.filter { $0.meaning != nil && $0.meaning != .training }
    let unnamed = named.filter { $0.meaning == nil }.map(\.folder)
    guard let first = training.first else {
      if let other = unnamed.first, TwinFolders(tree) != nil {
        throw unclear(
          "\(list(others.map(\.folder))) \(others.count == 1 ? "is" : "are") named like a part, "
            + "\(RelativePath.quoted(other.name)) isn't, and all hold folders of the same names")
      }
      guard others.count > 1, unnamed.isEmpty else { return nil }
      throw unclear("\(list(others.map(\.folder))) are named like parts, and nothing like training")
    }
    let classes = unwrap(first, known: nil)
    guard classes.holdsFolders else {
      guard unnamed.isEmpty, !others.isEmpty else { return nil }
      throw unclear(
        "\(list(training + others.map(\.folder))) are named like parts, and hold no folders of "
          + "classes")
    }
    let known = classes.inhabited.map(\.name)
    if others.isEmpty {
      guard let twin = unnamed.first(where: { shares($0, known) }) else { return nil }
      throw unclear(
        "\(first.name) is named like a part, \(RelativePath.quoted(twin.name)) isn't, and both hold "
          + "folders of the same names")
    }
    if !others.contains(where: { $0.meaning == .unlabelled || shares($0.folder, known) }) {
      // Nothing but names speaks for a split.
      guard unnamed.isEmpty else { return nil }
    }
    try refuseRepeated(named.filter { $0.folder.path == first.path || shares($0.folder, known) })
    add(classes, as: .training, of: first)
    for (folder, meaning) in others { try add(folder, meaning, known) }
    for folder in unnamed { try passOver(folder, known) }
    noteParts()
  }

  private func unclear(_ reason: String, _ advice: String? = nil) -> ManifestError {
    .unclearLayout(folder: title, reason: reason, advice: advice)
  }

  private func list(_ folders: [FolderTree]) -> String {
    folders.map { RelativePath.quoted($0.name) }.joined(separator: ", ")
  }

  // MARK: Parts with classes in them

  /// Two folders of the same part: nobody can say whether one is a copy of the other.
  private func refuseRepeated(
    _ named: [(folder: FolderTree, meaning: PartName.Meaning?)]
  ) throws(ManifestError) {
    for meaning in [PartName.Meaning.training, .validation, .test] {
      let same = named.filter { $0.meaning == meaning }.map(\.folder)
      if same.count > 1 { throw unclear("\(list(same)) seem to be the same part") }
    }
  }

  /// The folder, or the one that it wraps.
  private func unwrap(_ folder: FolderTree, known: [String]?) -> FolderTree {
    var folder = folder
    while folder.inhabited.count == 1, let inner = folder.inhabited.first, inner.isAcceptable,
      known == nil ? inner.holdsFolders : known?.contains(inner.name) == false,
      folder.pictureCountOverall - folder.pictureCount >= folder.pictureCount
    {
      folder = inner
    }
    return folder
  }

  /// Whether it holds folders of these names.
  private func shares(_ folder: FolderTree, _ known: [String]) -> Bool {
    unwrap(folder, known: known).inhabited.contains { known.contains($0.name) }
  }

  private mutating func add(_ classes: FolderTree, as part: Part, of folder: FolderTree) {
    if classes.path != folder.path { strays += folder.files }
    strays += classes.files
    empty += classes.folders.filter(\.isEmpty).map(\.path)
    folders += classes.inhabited.map { Layout.ClassFolder(part: part, name: $0.name, folder: $0) }
  }

  private mutating func add(
    _ folder: FolderTree, _ meaning: PartName.Meaning?, _ known: [String]
  ) throws(ManifestError) {
    let classes = unwrap(folder, known: known)
    guard meaning != .unlabelled, classes.holdsFolders else {
      notes.append(
        "\(RelativePath.quoted(folder.path))/ has no folders of classes and is passed over: its "
          + "photographs have no labels")
      return
    }
    add(classes, as: meaning == .validation ? .validation : .test, of: folder)
  }

  /// A folder beside the parts.
  private mutating func passOver(
    _ folder: FolderTree, _ known: [String]
  ) throws(ManifestError) {
    guard folder.pictureCountOverall == 0 || !folder.holdsFolders else {
      throw unclear(
        "\(RelativePath.quoted(folder.name)) lies beside the parts of a split dataset, and its name "
          + "doesn't say what it is")
    }
    notes.append("\(RelativePath.quoted(folder.path))/ is no part and is passed over")
  }

  // MARK: Classes with parts in them

  /// The parts that a class's folders are named like; nil for one that isn't, and has pictures in it.
  private static func parts(
    in folder: FolderTree, besidePictures: Bool = false
  ) -> [(folder: FolderTree, part: Part?)] {
    let parts = folder.holdsFolders || besidePictures ? folder.inhabited : []
    return zip(parts, PartName.meanings(of: parts.map(\.name))).compactMap { part, meaning in
      switch meaning {
      case .training: (part, .training)
      case .validation: (part, .validation)
      case .test: (part, .test)
      default: part.pictureCountOverall > 0 ? (part, nil) : nil
      }
    }
  }

  /// Whether every class consists of folders that are named like parts; takes them if so. Throws where
  /// only some do: what one of them keeps for the test must not be trained on.
  private mutating func takeClassesWithParts(_ classes: [FolderTree]) throws(ManifestError) -> Bool
  {
    // A single one wraps the parts.
    guard classes.count > 1 else { return false }
    for folder in classes where folder.pictureCount > 0 {
      let kept = Self.parts(in: folder, besidePictures: true).filter {
        $0.part ?? .training != .training
      }
      guard let first = kept.first?.folder, first.pictureCountOverall > 0 else { continue }
      throw unclear(
        "\(RelativePath.quoted(folder.name)) holds photographs, and \(RelativePath.quoted(first.path)), which is named "
          + "like a part, holds others",
        "put those that are trained on into \(RelativePath.quoted(folder.path))/train, and so in all classes; "
          + "'--layout classes' trains on all that is in them, what is meant for the test as well")
    }
    let others = classes.filter { Self.parts(in: $0).isEmpty && $0.pictureCountOverall == 0 }
    let classes = classes.filter { folder in !others.contains { $0.path == folder.path } }
    let all = classes.map { Self.parts(in: $0) }
    let named = all.joined().compactMap(\.part)
    guard Set(named).count > 1, named.contains(.training) else { return false }
    for (folder, parts) in zip(classes, all)
    where parts.isEmpty || parts.contains(where: { $0.part == nil }) {
      guard let split = all.firstIndex(where: { Set($0.compactMap(\.part)).count > 1 }) else {
        return false
      }
      let other = parts.first { $0.part == nil }?.folder.path ?? folder.path
      throw unclear(
        "\(RelativePath.quoted(classes[split].name)) holds \(list(all[split].filter { $0.part != nil }.map(\.folder))), "
          + "which are named like parts, and \(RelativePath.quoted(other)) is none",
        "split all classes or none, and leave nothing else in them; '--layout classes' trains on all that is in "
          + "them, what is meant for the test as well")
    }
    try refuseClassesInParts(classes, all.map { $0.map(\.folder) })
    let untrained = zip(classes, all).filter { !$1.contains { $0.part == .training } }.map(\.0.name)
    guard untrained.isEmpty else { throw .emptyClasses(untrained, []) }
    for (folder, parts) in zip(classes, all) {
      folders += parts.map {
        Layout.ClassFolder(part: $0.part ?? .training, name: folder.name, folder: $0.folder)
      }
      strays += folder.files
      empty += folder.folders.filter(\.isEmpty).map(\.path)
    }
    notes += others.map { "\(RelativePath.quoted($0.path))/ is no class and is passed over" }
    noteParts()
    return true
  }

  /// Places, years or folds that are each split, with the same classes in all of them: these would be
  /// taken for one kind of photographs, and what surrounds them for the classes.
  private func refuseClassesInParts(
    _ outer: [FolderTree], _ parts: [[FolderTree]]
  ) throws(ManifestError) {
    let held = zip(outer, parts).map { folder, parts in
      var merged = FolderTree(name: folder.name, path: folder.path)
      for part in parts {
        merged.folders += part.folders.filter { inner in
          !merged.folders.contains { $0.name == inner.name }
        }
      }
      return merged
    }
    var tree = FolderTree(name: "", path: root)
    tree.folders = held
    guard let twins = TwinFolders(tree, innerCountMin: 1) else { return }
    throw unclear(
      twins.splitReason,
      "for the inner ones as classes give --data one of these folders, or put the photographs of all into "
        + "one, as in train/\(RelativePath.quoted(twins.inner[0])) and test/\(RelativePath.quoted(twins.inner[0])); "
        + "'--layout classes' takes \(RelativePath.quoted(twins.names[0])) and the others for classes, with all "
        + "that is in them")
  }

  // MARK: For people

  private mutating func noteParts() {
    func names(_ part: Part) -> String? {
      let names = folders.filter { $0.part == part }.map { folder in
        let below = folder.folder.path.utf8.dropFirst(root.isEmpty ? 0 : root.utf8.count + 1)
        let names = PathNames.all(of: Substring(below)).map(String.init)
        return names.count > 1 && names[0] != folder.name ? names[0] : names.last ?? ""
      }
      return names.first.map(RelativePath.quoted)
    }
    var texts = [names(.training).map { "\($0) is trained on" }, nil, nil]
    texts[1] =
      names(.validation).map { "\($0) validates" }
      ?? "a share of it validates (--validation)"
    texts[2] = names(.test).map { "\($0) tests at the end" }
    notes.insert(
      "\(RelativePath.quoted(title)) is already split: "
        + texts.compactMap(\.self).joined(separator: ", "), at: 0)
  }
}
