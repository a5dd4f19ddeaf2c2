import Figures

/// Pieces of a page. What comes in is HTML already, unless it is said to be text.
enum HTML {
  /// A page that needs nothing but itself.
  ///
  /// - Parameter sections: empty ones are left out.
  static func page(title: String, _ sections: [String]) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="Content-Security-Policy" content="\(policy)">
    <title>\(escaped(title)) - tl</title>
    <style>
    \(ReportStyle.sheet)
    </style>
    </head>
    <body>
    \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
    </body>
    </html>

    """
  }

  /// Nothing is fetched or run, whatever a name of a class may contain.
  private static let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

  static func section(_ title: String, _ content: String) -> String {
    "<section>\n<h2>\(escaped(title))</h2>\n\(content)\n</section>"
  }

  /// - Parameter text: plain.
  static func paragraph(_ text: String) -> String { "<p>\(escaped(text))</p>" }

  /// - Parameter text: plain; each line stays one.
  static func lines(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return "<pre tabindex=\"0\">\(lines.map { escaped(String($0)) }.joined(separator: "\n"))</pre>"
  }

  /// A column of a table.
  struct Column {
    let title: String
    var isNumber = false
  }

  /// - Parameters:
  ///   - columns: none where the table has no header.
  ///   - rows: cells of HTML.
  static func table(_ columns: [Column], _ rows: [[String]]) -> String {
    func cells(_ row: [String], _ tag: String) -> String {
      row.enumerated().map { place, cell in
        let isNumber = columns.indices.contains(place) && columns[place].isNumber
        return "<\(tag)\(isNumber ? " class=\"number\"" : "")>\(cell)</\(tag)>"
      }.joined()
    }
    let titles = columns.map { escaped($0.title) }
    let head = columns.isEmpty ? "" : "<thead><tr>\(cells(titles, "th"))</tr></thead>\n"
    let body = rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
    // Wide tables scroll by themselves, so that the page doesn't.
    return "<div class=\"wide\" tabindex=\"0\"><table>\n\(head)<tbody>\n\(body)\n</tbody>\n"
      + "</table></div>"
  }

  /// - Parameters:
  ///   - summary: plain text.
  ///   - items: plain texts; of many the first ones are listed.
  ///   - count: all there are.
  static func fold(_ summary: String, _ items: [String], count: Int) -> String {
    let shownMax = 200
    var lines = items.prefix(shownMax).map { "<li>\(escaped($0))</li>" }
    if count > lines.count { lines.append("<li>and \(count - lines.count) more</li>") }
    return "<details><summary>\(escaped(summary))</summary>\n<ul>\n"
      + lines.joined(separator: "\n") + "\n</ul></details>"
  }

  /// - Parameter content: HTML.
  static func fold(_ summary: String, isOpen: Bool = false, _ content: String) -> String {
    "<details\(isOpen ? " open" : "")><summary>\(escaped(summary))</summary>\n\(content)\n</details>"
  }
}
