import Digest
import Files

/// The files of a folder with the labels that a table gives them.
struct LabelledTree {
  struct Item {
    var file: FolderTree.File
    var label: String
    var part: Part
    /// Of the list.
    var line: Int

    /// The label and where the list has it.
    func place(in list: String) -> ClassPlace { ClassPlace(label, "line \(line) of \(list)") }
  }

  private(set) var items: [Item] = []
  private(set) var findings: [Finding] = []
  private(set) var notes: [String] = []

  /// Larger than a list of as many photographs as a dataset may have.
  private static let labelBytesMax = 1 << 32

  init(_ tree: FolderTree, listedIn file: String) throws(ManifestError) {
    let bytes: [UInt8]
    do throws(DigestError) {
      bytes = try ContentDigest.sha256(fileAt: file, keepingFirst: Self.labelBytesMax).firstBytes
    } catch {
      let number = error.errorNumber
      throw SystemError.concernsMachine(number)
        ? .unreadableFile(file, errorNumber: number) : .labels(file, SystemError.reason(number))
    }
    try self.init(tree, LabelTable(decoding: bytes, name: file), name: file)
  }

  /// - Parameter name: of the table's file, for messages.
  private init(_ tree: FolderTree, _ table: LabelTable, name: String) throws(ManifestError) {
    let finder = FileFinder(tree)
    var reader = PartReader()
    var order: [String] = []
    var byPath: [String: [Item]] = [:]
    var unlabelled = 0
    for row in table.rows {
      guard !row.label.isEmpty else {
        unlabelled += 1
        continue
      }
      switch finder.find(row.path) {
      case .one(let file):
        let item = Item(
          file: file, label: row.label, part: try reader.part(of: row, name), line: row.line)
        if byPath[file.path] == nil { order.append(file.path) }
        byPath[file.path, default: []].append(item)
      case .none:
        findings.append(
          Finding(
            path: row.path, reason: .noSuchFile(list: name, line: row.line), classes: [row.label]))
      case .several:
        findings.append(
          Finding(
            path: row.path, reason: .severalFiles(list: name, line: row.line), classes: [row.label])
        )
      }
    }
    guard !order.isEmpty else {
      for case .severalFiles(_, let line) in findings.map(\.reason) {
        throw .labels(
          name,
          "none of the files that it names can be told from others: line \(line) names one of which "
            + "there are several in the folder; give their paths, as in 'FOLDER/NAME'")
      }
      throw .labels(
        name,
        "none of the files that it names is in the folder, not even "
          + RelativePath.quoted(table.rows[0].path))
    }
    for path in order { take(byPath[path] ?? []) }
    notes += [table.note].compactMap(\.self)
    note(table, name)
    note(others: finder.pictureCount - order.count, unlabelled: unlabelled, name)
  }

  /// What the table says of one file.
  private mutating func take(_ said: [Item]) {
    guard let first = said.first else { return }
    guard said.allSatisfy({ $0.label == first.label && $0.part == first.part }) else {
      let texts = said.map { "\($0.label) (\($0.part))" }
      findings.append(
        Finding(
          path: first.file.path, reason: .severalLabels(Array(Set(texts)).sorted()),
          classes: Array(Set(said.map(\.label))).sorted()))
      return
    }
    items.append(first)
  }

  /// What programs write for a value that isn't there.
  private static let missingValues: Set<String> = [
    "na", "n/a", "nan", "<na>", "null", "none", "nil", "#n/a", "?",
  ]

  private mutating func note(_ table: LabelTable, _ name: String) {
    let missing = items.filter { Self.missingValues.contains($0.label.lowercased()) }
    if let first = missing.first {
      notes.append(
        "'\(RelativePath.quoted(first.label))' of \(RelativePath.quoted(name)) is taken for a class "
          + "(\(missing.count) \(missing.count == 1 ? "photograph" : "photographs")): if it stands for "
          + "a label that is missing, leave the field empty")
    }
    let partless = table.rows.count { $0.part.isEmpty && !$0.label.isEmpty }
    if table.hasParts, partless > 0 {
      notes.append(
        "\(partless == 1 ? "1 line" : "\(partless) lines") of \(RelativePath.quoted(name)) "
          + "\(partless == 1 ? "names" : "name") no part and \(partless == 1 ? "counts" : "count") as training"
      )
    }
  }

  private mutating func note(others: Int, unlabelled: Int, _ name: String) {
    if others > 0 {
      notes.append(
        (others == 1 ? "1 picture is" : "\(others) pictures are")
          + " not in \(RelativePath.quoted(name)) and passed over")
    }
    if unlabelled > 0 {
      notes.append(
        unlabelled == 1
          ? "1 line of \(RelativePath.quoted(name)) has no label and is passed over"
          : "\(unlabelled) lines of \(RelativePath.quoted(name)) have no label and are passed over")
    }
  }
}

/// What the third column says, each word of it read once.
private struct PartReader {
  private var known: [String: Part] = ["": .training]

  mutating func part(
    of row: LabelTable.Row, _ name: String
  ) throws(ManifestError) -> Part {
    if let part = known[row.part] { return part }
    let part: Part
    switch PartName.meanings(of: [row.part])[0] {
    case .training: part = .training
    case .validation: part = .validation
    case .test: part = .test
    default:
      throw .labels(
        name,
        "line \(row.line) has the part '\(RelativePath.quoted(row.part))': it must be train, "
          + "validation or test")
    }
    known[row.part] = part
    return part
  }
}

/// Finds files by what people write for them.
private struct FileFinder {
  enum Found {
    case none
    case one(FolderTree.File)
    case several
  }

  private var byPath: [String: FolderTree.File] = [:]
  /// In small letters; nil where several have the name.
  private var byName: [String: FolderTree.File?] = [:]
  private var byStem: [String: FolderTree.File?] = [:]

  init(_ tree: FolderTree) {
    tree.forEachFile { file in
      byPath[file.path] = file
      let name = PathNames.last(of: file.path).lowercased()
      Self.add(file, name, to: &byName)
      if let dot = name.lastIndex(of: "."), PictureName.isPicture(name) {
        Self.add(file, String(name[..<dot]), to: &byStem)
      }
    }
  }

  /// Paths of Windows are meant as well.
  private static func withSlashes(_ text: String) -> String {
    let bytes = text.utf8.map { $0 == UInt8(ascii: "\\") ? UInt8(ascii: "/") : $0 }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func add(
    _ file: FolderTree.File, _ name: String, to table: inout [String: FolderTree.File?]
  ) {
    table.updateValue(table[name] == nil ? file : nil, forKey: name)
  }

  var pictureCount: Int { byPath.values.count { PictureName.isPicture($0.path) } }

  /// By its path within the folder; otherwise by the end of that, by its name, and by its name without
  /// the ending, if no other has it.
  func find(_ text: String) -> Found {
    let parts = PathNames.all(of: Self.withSlashes(text)).filter { $0 != "." }
    guard let last = parts.last else { return .none }
    // "photos/1.jpg" may be meant from the folder above, and "C:\data\photos\1.jpg" from another
    // machine.
    for count in stride(from: parts.count, through: 1, by: -1) {
      if let file = byPath[parts.suffix(count).joined(separator: "/")] { return .one(file) }
    }
    let name = last.lowercased()
    for table in [byName, byStem] {
      if let found = table[name] { return found.map(Found.one) ?? .several }
    }
    return .none
  }
}
