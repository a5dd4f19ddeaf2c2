/// Reads tables of comma-separated values (RFC 4180), and those that spreadsheets write with semicolons
/// or tabs: quoted fields, line ends of any system, a byte order mark.
enum CommaSeparated {
  /// A field may be as long as a path is; what is longer is no such table.
  static let fieldBytesMax = 8_192

  struct Row {
    /// Of its beginning, from 1.
    var line: Int
    var fields: [String]
  }

  /// The rows but empty ones. Nil where it is no such table: not UTF-8, or a quote without end.
  static func rows(_ bytes: [UInt8]) -> [Row]? {
    var reader = Reader(bytes: bytes[...])
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { reader.bytes = bytes.dropFirst(3) }
    reader.separator = separator(of: reader.bytes)
    var rows: [Row] = []
    while !reader.bytes.isEmpty {
      let first = reader.line
      guard let fields = reader.row() else { return nil }
      if fields != [""] { rows.append(Row(line: first, fields: fields)) }
    }
    return rows
  }

  /// Whichever of comma, semicolon and tab the first line has most of; of as many the first.
  private static func separator(of bytes: ArraySlice<UInt8>) -> UInt8 {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    var best = (separator: UInt8(ascii: ","), count: 0)
    for separator in [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")] {
      let count = line.count { $0 == separator }
      if count > best.count { best = (separator, count) }
    }
    return best.separator
  }

  private struct Reader {
    var bytes: ArraySlice<UInt8>
    var separator = UInt8(ascii: ",")
    var line = 1

    /// The fields up to the end of the row; nil where that can't be found.
    mutating func row() -> [String]? {
      let quote = UInt8(ascii: "\"")
      var fields: [String] = []
      var field: [UInt8] = []
      var isQuoted = false
      while let byte = bytes.popFirst() {
        let endsLine = isLineEnd(byte)
        if endsLine { line += 1 }
        if isQuoted {
          if byte != quote {
            field.append(byte)
          } else if bytes.first == quote {
            field.append(quote)
            bytes.removeFirst()
          } else {
            isQuoted = false
          }
        } else if byte == quote && field.isEmpty {
          isQuoted = true
        } else if byte == separator {
          guard let text = String(validating: field, as: UTF8.self) else { return nil }
          fields.append(text)
          field = []
        } else if endsLine {
          break
        } else if byte != UInt8(ascii: "\r") {
          field.append(byte)
        }
        if field.count > fieldBytesMax { return nil }
      }
      guard !isQuoted, let text = String(validating: field, as: UTF8.self) else { return nil }
      return fields + [text]
    }

    /// A line ends with "\n", with "\r\n", and on old Macs with "\r".
    private func isLineEnd(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "\n")
        || byte == UInt8(ascii: "\r") && bytes.first != UInt8(ascii: "\n")
    }
  }
}
