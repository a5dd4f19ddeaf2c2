/// Columns of a table of labels that are named after the classes and say of each whether a photograph is of
/// it: `image,MEL,NV,BCC` with 1 and 0, as those hand labels out who also have photographs of several.
struct ClassColumns {
  /// From 0.
  private let columns: [Int]
  private let titles: [String]

  /// Nil where a column has no name or other values, or fewer than two are left. Throws for a photograph of
  /// several classes.
  init?(
    _ columns: [Int], _ titles: [String], _ body: ArraySlice<CommaSeparated.Row>, in file: String
  ) throws(ManifestError) {
    guard columns.count > 1, columns.allSatisfy({ !titles[$0].isEmpty }) else { return nil }
    self.columns = columns
    self.titles = titles
    var markedCount = 0
    for row in body {
      guard
        columns.allSatisfy({ column in
          let text = column < row.fields.count ? row.fields[column] : ""
          return text.isEmpty || PartFlag.value(text) != nil
        })
      else { return nil }
      markedCount += marked(row).isEmpty ? 0 : 1
    }
    guard markedCount > 0 else { return nil }
    for row in body {
      let marked = marked(row)
      guard marked.count < 2 else {
        throw .labels(
          file,
          "line \(row.line) says that a photograph is of several classes, "
            + "\(marked.map { "'\(RelativePath.quoted(titles[$0]))'" }.joined(separator: " and ")): each "
            + "must be of one; leave the line out, or give all that are of both a class of their own"
        )
      }
    }
  }

  /// Whether each photograph is of exactly one of these.
  static func areExclusive(_ columns: [Int], _ body: ArraySlice<CommaSeparated.Row>) -> Bool {
    columns.count > 1
      && body.allSatisfy { row in
        columns.count { $0 < row.fields.count && PartFlag.value(row.fields[$0]) == true } == 1
      }
  }

  private func marked(_ row: CommaSeparated.Row) -> [Int] {
    columns.filter { $0 < row.fields.count && PartFlag.value(row.fields[$0]) == true }
  }

  /// Of a photograph; empty where it is of none.
  func label(of row: CommaSeparated.Row) -> String { marked(row).first.map { titles[$0] } ?? "" }

  /// For people.
  var note: String {
    "the columns \(columns.prefix(4).map { "'\(RelativePath.quoted(titles[$0]))'" }.joined(separator: ", "))"
      + (columns.count > 4 ? " and \(columns.count - 4) more" : "") + " are the classes"
  }
}
