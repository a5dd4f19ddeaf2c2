/// Which files of which folders are to be read as photographs of which class and part.
struct DatasetPlan {
  struct Candidate {
    var path: String
    var part: Part
    var classIndex: Int
  }

  /// Sorted by the bytes of their names.
  let classes: [String]
  /// The same, with where they were found to be classes.
  private let known: [ClassPlace]
  private(set) var folders: DatasetFolders
  private(set) var candidates: [Candidate] = []
  private(set) var findings: [Finding] = []
  private(set) var notes: [String] = []
  /// Why something may be meant otherwise than it was taken.
  private(set) var doubts: [String] = []

  private let main: String
  private let classIndices: [String: Int]
  private var rubbish: [String] = []
  private var besides: [String] = []

  /// The folders of a dataset.
  init(_ source: Dataset.Source) throws(ManifestError) {
    let scan = try FolderScan(source.folder)
    if let labels = source.labels {
      try self.init(scan, labels, source)
      return
    }
    let layout = try Layout(scan.tree, title: source.folder, reading: source.reading)
    let found = layout.folders.filter { $0.part == .training }
      .map { ClassPlace($0.name, "\(source.folder)/\($0.folder.path)") }
    let title = layout.folder(in: source.folder)
    self.init(source.folder, classes: try Self.sorted(found, in: title))
    doubts = [layout.doubt].compactMap(\.self)
    folders = DatasetFolders(layout.folder(in: source.folder))
    take(scan, layout, in: source.folder)
    try add(layout, in: source.folder)
    for (part, folder) in [(Part.validation, source.validation), (.test, source.test)] {
      guard let folder else { continue }
      guard !layout.folders.contains(where: { $0.part == part }) else {
        throw .twoParts(part, folder, within: source.folder)
      }
      try add(folder, as: part)
    }
    notePassedOver()
  }

  /// The files that a list names.
  private init(
    _ scan: FolderScan, _ labels: String, _ source: Dataset.Source
  ) throws(ManifestError) {
    guard source.validation == nil && source.test == nil else {
      throw .labels(
        labels,
        "--data-validation and --data-test don't go with a list: let it say what validates and tests, "
          + "with train, validation or test in a third column named 'split', and leave the two out")
    }
    let labelled = try LabelledTree(scan.tree, listedIn: labels)
    let found = labelled.items.filter { $0.part == .training }.map { $0.place(in: labels) }
    guard let first = found.first else {
      throw .labels(labels, "it lists no photograph to train on: all of them validate or test")
    }
    if found.allSatisfy({ $0.name == first.name }) { throw .oneLabel(first.name, list: labels) }
    self.init(source.folder, classes: try ClassNames.sorted(found, folder: labels))
    try take(labelled, listedIn: labels)
  }

  private mutating func take(
    _ labelled: LabelledTree, listedIn labels: String
  ) throws(ManifestError) {
    try ClassNames.check(
      labelled.items.filter { classIndices[$0.label] == nil }.map { $0.place(in: labels) },
      among: known, folder: labels)
    for item in labelled.items {
      if let problem = item.file.problem {
        findings.append(Finding(path: item.file.path, reason: problem, classes: [item.label]))
      } else if let classIndex = classIndices[item.label] {
        candidates.append(
          Candidate(path: item.file.path, part: item.part, classIndex: classIndex))
      }
    }
    findings += labelled.findings
    notes = labelled.notes
  }

  /// Photographs of some of these classes, whatever they are for: in a folder, in the parts of a split
  /// one, or as a list names them.
  init(measuring folder: String, _ labels: String?, classes: [String]) throws(ManifestError) {
    self.init(folder, classes: classes.map { ClassPlace($0) })
    let scan = try FolderScan(folder)
    if let labels {
      try take(try LabelledTree(scan.tree, listedIn: labels), listedIn: labels)
      for place in candidates.indices { candidates[place].part = .training }
      return
    }
    let hasClasses = scan.tree.inhabited.contains { classIndices[$0.name] != nil }
    var layout = try Layout(
      scan.tree, title: folder, reading: hasClasses ? .classes : .auto, known: classes)
    let isSplit = layout.isSplit
    layout.setPart(.training)
    folders[.training] = layout.folder(in: folder)
    if isSplit {
      layout.notes = ["\(RelativePath.quoted(folder)) is split: all its parts are measured"]
    }
    take(scan, layout, in: folder)
    try add(layout, in: folder)
    notePassedOver()
  }

  private init(_ main: String, classes known: [ClassPlace]) {
    self.main = main
    self.known = known
    let classes = known.map(\.name)
    self.classes = classes
    folders = DatasetFolders(main)
    classIndices = Dictionary(
      zip(classes, classes.indices), uniquingKeysWith: { first, _ in first })
  }

  /// Names of folders that lie side by side need no place in messages.
  private static func sorted(
    _ found: [ClassPlace], in folder: String
  ) throws(ManifestError) -> [ClassPlace] {
    _ = try ClassNames.sorted(found.map { ClassPlace($0.name) }, folder: folder)
    return try ClassNames.sorted(found, folder: folder)
  }

  /// A folder of its own for a part.
  private mutating func add(_ folder: String, as part: Part) throws(ManifestError) {
    let scan = try FolderScan(folder)
    var layout = try Layout(scan.tree, title: folder, reading: .classes, known: classes)
    layout.setPart(part)
    folders[part] = layout.folder(in: folder)
    take(scan, layout, in: folder)
    try add(layout, in: folder)
  }

  // MARK: Taking a layout

  private mutating func take(_ scan: FolderScan, _ layout: Layout, in folder: String) {
    func shown(_ path: String) -> String { folder == main ? path : "\(folder)/\(path)" }
    notes += layout.notes
    rubbish += (scan.rubbish + layout.empty).map(shown)
    for stray in layout.strays {
      if PictureName.isPicture(stray.path) {
        findings.append(Finding(path: shown(stray.path), reason: .outsideClasses))
      } else {
        besides.append(shown(stray.path))
      }
    }
  }

  private mutating func add(_ layout: Layout, in folder: String) throws(ManifestError) {
    try ClassNames.check(
      layout.folders.filter { classIndices[$0.name] == nil }
        .map { ClassPlace($0.name, "\(folder)/\($0.folder.path)") },
      among: known, folder: folder)
    // Paths are relative to the folder that was entered.
    let cut = layout.root.isEmpty ? 0 : layout.root.utf8.count + 1
    for one in layout.folders {
      guard let classIndex = classIndices[one.name] else {
        preconditionFailure("unknown names were refused")
      }
      one.folder.forEachFile { file in
        let path = String(file.path.utf8.dropFirst(cut)) ?? file.path
        if let problem = file.problem {
          findings.append(
            Finding(path: folders.shown(path, one.part), reason: problem, classes: [one.name]))
        } else {
          candidates.append(Candidate(path: path, part: one.part, classIndex: classIndex))
        }
      }
    }
  }

  // MARK: For people

  /// One line for all that isn't worth more.
  private mutating func notePassedOver() {
    let all = (rubbish + besides).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    guard let first = all.first else { return }
    let named = all.prefix(5).map { RelativePath.quoted($0) }.joined(separator: ", ")
    notes.append(
      all.count == 1
        ? "\(RelativePath.quoted(first)) is passed over: it is no folder of photographs"
        : "\(all.count) files and folders are passed over: \(named)\(all.count > 5 ? ", ..." : "")")
  }
}
