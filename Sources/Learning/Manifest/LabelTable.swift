/// A file of labels: a photograph a line, with its class and perhaps its part.
public struct LabelTable: Equatable, Sendable {
  public struct Row: Equatable, Sendable {
    /// From 1.
    public var line: Int
    /// As the file has it: a path, a name, or a name without its ending.
    public var path: String
    /// Empty where the line has none.
    public var label: String
    /// What the file says of the part; empty where it says nothing.
    public var part: String
  }

  public private(set) var rows: [Row] = []
  /// For people: which columns were taken for what, where others are passed over or could be meant.
  public private(set) var note: String?
  /// Whether some column has the names of parts.
  public private(set) var hasParts = false

  /// The columns are found by their names in the first line; without such a line they are path, label
  /// and part, in this order. Lines at the beginning that have a "#" and no comma are comments.
  ///
  /// Throws where it is no such table, or no line of it has a label.
  public init(decoding bytes: [UInt8], name: String) throws(ManifestError) {
    if let problem = ForeignTable.problem(bytes) { throw .labels(name, problem) }
    let all: [CommaSeparated.Row]
    do throws(CommaSeparated.Problem) {
      all = try CommaSeparated.rows(bytes)
    } catch {
      throw .labels(name, error.description)
    }
    let table = Array(
      all.drop { $0.fields.count == 1 && $0.fields[0].hasPrefix("#") }
        .map { CommaSeparated.Row(line: $0.line, fields: $0.fields.map(Self.trimmed)) })
    guard !table.isEmpty else { throw .labels(name, "it has no line with a path and a label") }
    let columns = try LabelColumns(table, in: name)
    note = columns.note
    hasParts = columns.haveParts
    let body = columns.areNamed ? table[1...] : table[...]
    guard !body.isEmpty else { throw .labels(name, "it has no line besides the first") }
    for row in body {
      func field(_ column: Int) -> String {
        column < row.fields.count ? row.fields[column] : ""
      }
      rows.append(
        Row(
          line: row.line, path: field(columns.path),
          label: Self.withoutInvisibleEnds(columns.label(of: row)),
          part: Self.withoutInvisibleEnds(try columns.part(of: row))))
    }
    if let first = rows.first, rows.allSatisfy({ $0.label.isEmpty }) {
      throw .labels(name, "line \(first.line) has no label: it needs a path, a comma and a label")
    }
  }

  /// Without spaces of any kind at its ends, as those that come with what is copied from web pages.
  private static func withoutInvisibleEnds(_ text: String) -> String {
    func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.isWhitespace || scalar.properties.generalCategory == .format
    }
    let start = text.unicodeScalars.drop(while: isInvisible)
    guard let end = start.lastIndex(where: { !isInvisible($0) }) else { return "" }
    return String(start[...end])
  }

  private static func trimmed(_ field: String) -> String {
    let start = field.drop { $0 == " " }
    let end = start.lastIndex { $0 != " " }
    return end.map { String(start[...$0]) } ?? ""
  }
}
