/// A file of labels: a photograph a line, with its class and perhaps its part.
public struct LabelTable: Equatable, Sendable {
  public struct Row: Equatable, Sendable {
    /// From 1.
    public var line: Int
    /// As the file has it: a path, a name, or a name without its ending.
    public var path: String
    public var label: String
    /// What the file says of the part; empty where it says nothing.
    public var part: String
  }

  public private(set) var rows: [Row] = []

  /// Names of columns, in small letters and without what is no letter.
  private static let pathNames: Set<String> = [
    "path", "paths", "file", "files", "filename", "filepath", "filepaths", "name", "image",
    "images", "imagepath", "imagename", "imagefile", "imageid", "id", "img", "imgpath", "imgname",
    "photo", "photograph", "picture",
  ]
  private static let labelNames: Set<String> = [
    "label", "labels", "labelname", "class", "classes", "classname", "category", "target", "breed",
    "species", "tag", "y", "type", "diagnosis", "variety",
  ]
  private static let partNames: Set<String> = [
    "split", "set", "subset", "part", "partition", "dataset", "usage", "phase",
  ]

  /// Which column has what, from 0.
  private struct Columns {
    var path = 0
    var label = 1
    var part: Int?
  }

  /// The columns are found by their names in the first line; without such a line they are path, label
  /// and part, in this order.
  ///
  /// Throws where it is no such table, or a line has too few columns.
  public init(decoding bytes: [UInt8], name: String) throws(ManifestError) {
    guard let table = CommaSeparated.rows(bytes), let first = table.first else {
      throw .labels(name, "it is no table of comma-separated values in UTF-8")
    }
    var columns = Columns(part: first.fields.count > 2 ? 2 : nil)
    var body = table[...]
    if let named = try Self.columns(named: first.fields, in: name) {
      columns = named
      body = body.dropFirst()
    }
    guard !body.isEmpty else { throw .labels(name, "it has no line besides the first") }
    for row in body {
      guard row.fields.count > max(columns.path, columns.label) else {
        throw .labels(name, "line \(row.line) has no label: it needs a path, a comma and a label")
      }
      let fields = row.fields.map(Self.trimmed)
      let part = columns.part.flatMap { $0 < fields.count ? fields[$0] : nil }
      rows.append(
        Row(
          line: row.line, path: fields[columns.path], label: fields[columns.label],
          part: part ?? ""))
    }
  }

  /// Nil where the first line is like any other.
  private static func columns(
    named fields: [String], in name: String
  ) throws(ManifestError) -> Columns? {
    let names = fields.map { $0.lowercased().filter(\.isLetter) }
    let known = pathNames.union(labelNames).union(partNames)
    guard names.contains(where: known.contains), !fields.contains(where: PictureName.isPicture)
    else { return nil }
    let part = names.firstIndex(where: partNames.contains)
    let label = names.firstIndex(where: labelNames.contains)
    let path =
      names.firstIndex(where: pathNames.contains)
      ?? names.indices.first { $0 != label && $0 != part }
    // Of two columns one has the paths; of more the label's must have a name.
    let rest = names.indices.filter { $0 != path && $0 != part }
    guard let path, let label = label ?? (rest.count == 1 ? rest[0] : nil), path != label else {
      throw .labels(
        name,
        "the columns \(fields.map { "'\(RelativePath.quoted($0))'" }.joined(separator: ", ")) don't "
          + "say which of them has the labels: name it 'label', and that with the paths 'path'")
    }
    return Columns(path: path, label: label, part: part)
  }

  private static func trimmed(_ field: String) -> String {
    let start = field.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }
    return end.map { String(start[...$0]) } ?? ""
  }
}
