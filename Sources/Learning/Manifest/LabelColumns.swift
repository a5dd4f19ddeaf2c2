/// Which columns of a table of labels have what.
struct LabelColumns {
  /// From 0.
  private(set) var path = 0
  private var label = 1
  /// Whether the first line has the columns' names.
  private(set) var areNamed = false
  /// For people; nil where nothing is passed over.
  private(set) var note: String?

  private var part: Int?
  /// Columns that say of one part whether a photograph belongs to it: `is_valid`.
  private var flags: [PartFlag] = []
  /// One for each class, in place of one with the labels.
  private var classes: ClassColumns?
  private let file: String

  /// Names of columns, in small letters and without what is no letter.
  private static let pathNames: Set<String> = [
    "path", "paths", "file", "files", "filename", "filepath", "filepaths", "name", "image",
    "images", "imagepath", "imagename", "imagefile", "imageid", "id", "img", "imgpath", "imgname",
    "photo", "photograph", "picture", "sourcefile",
    "datei", "dateiname", "bild", "bilddatei", "fichier", "nomfichier", "archivo", "imagen",
    "immagine",
    "bestand", "bestandsnaam", "afbeelding", "arquivo", "imagem", "plik", "obraz", "fil", "filnamn",
  ]
  /// Those that mean it most surely first.
  private static let labelNames: [Set<String>] = [
    ["label", "labels", "labelname"],
    [
      "class", "classes", "classname", "category", "target", "breed", "species", "diagnosis",
      "variety",
      "klasse", "kategorie", "etikett", "classe", "categorie", "etiquette", "clase", "categoria",
      "etiqueta",
      "etichetta", "categoría", "catégorie", "étiquette", "klasa", "kategoria", "klass", "kategori",
    ],
    ["tag", "y", "type"],
  ]
  private static let partNames: Set<String> = [
    "split", "set", "subset", "part", "partition", "dataset", "usage", "phase",
  ]

  /// - Parameters:
  ///   - table: all rows; one at least.
  ///   - file: for messages.
  init(_ table: [CommaSeparated.Row], in file: String) throws(ManifestError) {
    self.file = file
    let titles = table[0].fields
    let names = titles.map { $0.lowercased().filter(\.isLetter) }
    let known = Self.labelNames.reduce(Self.pathNames.union(Self.partNames)) { $0.union($1) }
    guard names.contains(where: known.contains), !titles.contains(where: PictureName.isPicture)
    else {
      if titles.count > 2 { part = 2 }
      if titles.count > 3 {
        note =
          "\(RelativePath.quoted(file)) doesn't name its columns: the first three are taken for path, "
          + "label and part, and the others are passed over"
      }
      return
    }
    areNamed = true
    let body = table.dropFirst()
    part = names.firstIndex(where: Self.partNames.contains)
    for column in titles.indices where !known.contains(names[column]) {
      if let flag = try PartFlag(column, titles[column], body, in: file) { flags.append(flag) }
    }
    try choose(names, titles, body)
    if part != nil { flags = [] }
    note = note(on: titles)
  }

  /// Finds path and label.
  private mutating func choose(
    _ names: [String], _ titles: [String], _ body: ArraySlice<CommaSeparated.Row>
  ) throws(ManifestError) {
    let named = try namedLabel(names, titles, body)
    let taken = flags.map(\.column) + [part, named].compactMap(\.self)
    let path =
      names.firstIndex(where: Self.pathNames.contains)
      ?? names.indices.first { !taken.contains($0) }
    // Of two columns one has the paths; of more the label's must have a name.
    let rest = names.indices.filter { $0 != path && !taken.contains($0) }
    var label = named ?? (rest.count == 1 ? rest[0] : nil)
    if label == nil, rest.isEmpty, flags.count == 1 {
      // "image,valid": whether something is valid is what is to be told.
      label = flags.removeFirst().column
    }
    if label == nil, let path {
      let marks = rest.filter { !titles[$0].isEmpty }
      let flagged = flags.map(\.column)
      if !flags.isEmpty, ClassColumns.areExclusive(marks + flagged, body) {
        // "car,bus,train": no part, where each photograph is of one of them.
        classes = try ClassColumns((marks + flagged).sorted(), titles, body, in: file)
        if classes != nil { flags = [] }
      } else {
        classes = try ClassColumns(marks, titles, body, in: file)
      }
      if classes != nil {
        self.path = path
        return
      }
    }
    guard let path, let label, path != label else {
      throw .labels(
        file,
        "the columns \(titles.map(Self.quoted).joined(separator: ", ")) don't say which of them has the "
          + "labels: name it 'label', and that with the paths 'path'")
    }
    (self.path, self.label) = (path, label)
  }

  /// The column whose name says that it has the labels. Of two that say so as surely, and say the same of
  /// every photograph, the one that isn't numbers.
  private func namedLabel(
    _ names: [String], _ titles: [String], _ body: ArraySlice<CommaSeparated.Row>
  ) throws(ManifestError) -> Int? {
    for tier in Self.labelNames {
      let found = names.indices.filter { tier.contains(names[$0]) }
      guard let first = found.first else { continue }
      guard found.dropFirst().allSatisfy({ Self.agree(first, $0, body) }) else {
        throw .labels(
          file,
          "the columns \(found.map { Self.quoted(titles[$0]) }.joined(separator: " and ")) could both "
            + "have the labels, and differ in more than their words: leave only one of them, named 'label'"
        )
      }
      let inWords = found.first { column in
        body.contains { column < $0.fields.count && $0.fields[column].contains(where: \.isLetter) }
      }
      return inWords ?? words(for: first, names, body) ?? first
    }
    return nil
  }

  /// A column that says in words what this one says in numbers; nil where there is none.
  private func words(
    for column: Int, _ names: [String], _ body: ArraySlice<CommaSeparated.Row>
  ) -> Int? {
    let values = Set(body.compactMap { column < $0.fields.count ? $0.fields[column] : nil })
    // Where each photograph has a label of its own, everything says the same.
    guard values.count < body.count else { return nil }
    return names.indices.first { other in
      other != column && !Self.pathNames.contains(names[other])
        && !Self.partNames.contains(names[other])
        && body.contains { other < $0.fields.count && $0.fields[other].contains(where: \.isLetter) }
        && Self.agree(column, other, body)
    }
  }

  /// Whether two columns part the photographs in the same way.
  private static func agree(
    _ first: Int, _ second: Int, _ body: ArraySlice<CommaSeparated.Row>
  ) -> Bool {
    var forward: [String: String] = [:]
    var back: [String: String] = [:]
    return body.allSatisfy { row in
      guard max(first, second) < row.fields.count else { return true }
      let (one, other) = (row.fields[first], row.fields[second])
      guard !one.isEmpty, !other.isEmpty else { return true }
      return (forward.updateValue(other, forKey: one) ?? other) == other
        && (back.updateValue(one, forKey: other) ?? one) == one
    }
  }

  /// What a line says of the class; empty where it says nothing.
  func label(of row: CommaSeparated.Row) -> String {
    if let classes { return classes.label(of: row) }
    return label < row.fields.count ? row.fields[label] : ""
  }

  // MARK: Parts

  /// Whether some column has the names of parts.
  var haveParts: Bool { part != nil }

  /// What a line says of the part; empty where it says nothing.
  func part(of row: CommaSeparated.Row) throws(ManifestError) -> String {
    if let part { return part < row.fields.count ? row.fields[part] : "" }
    return try PartFlag.part(of: row, flags, in: file).map { "\($0)" } ?? ""
  }

  // MARK: For people

  /// More than a line has room for.
  private static let namedMax = 8

  private static func quoted(_ title: String) -> String { "'\(RelativePath.quoted(title))'" }

  private func note(on titles: [String]) -> String? {
    if let classes { return "in \(RelativePath.quoted(file)) \(classes.note)" }
    let used = [path, label, part].compactMap(\.self) + flags.map(\.column)
    // A column without a name has the numbers of the lines.
    let others = titles.indices.filter { !used.contains($0) && !titles[$0].isEmpty }
      .map { Self.quoted(titles[$0]) }
    guard !others.isEmpty || !flags.isEmpty else { return nil }
    let says =
      ["\(Self.quoted(titles[label])) has the labels"]
      + (part.map { ["\(Self.quoted(titles[$0])) the parts"] } ?? [])
      + flags.map { "\(Self.quoted(titles[$0.column])) says what \($0.purpose)" }
    let over = others.prefix(Self.namedMax).joined(separator: ", ")
    return "of the columns of \(RelativePath.quoted(file)) \(says.joined(separator: ", "))"
      + (others.isEmpty
        ? ""
        : "; \(over)\(others.count > Self.namedMax ? ", ..." : "") "
          + (others.count == 1 ? "is passed over" : "are passed over"))
  }
}
