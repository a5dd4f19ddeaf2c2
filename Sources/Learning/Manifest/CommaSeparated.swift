/// Reads tables of comma-separated values (RFC 4180), and those that spreadsheets write with semicolons
/// or tabs: quoted fields, line ends of any system, a byte order mark, UTF-16.
enum CommaSeparated {
  /// A field may be as long as a path is; what is longer is no such table.
  static let fieldBytesMax = 8_192

  struct Row {
    /// Of its beginning, from 1.
    var line: Int
    var fields: [String]
  }

  /// Why bytes are no such table, and in which line.
  enum Problem: Error, Equatable, CustomStringConvertible {
    case notUTF8(line: Int)
    case notUTF16
    case openQuote(line: Int)
    case longField(line: Int)

    var description: String {
      switch self {
      case .notUTF8(let line):
        "line \(line) is not in UTF-8: save it as 'CSV UTF-8', or convert it, as with: "
          + "iconv -f WINDOWS-1252 -t UTF-8 FILE"
      case .notUTF16: "it begins like UTF-16, and isn't: save it as 'CSV UTF-8'"
      case .openQuote(let line):
        "line \(line) has a quotation mark (\") without another that ends it"
      case .longField(let line):
        "line \(line) has more than \(fieldBytesMax) characters without a comma"
      }
    }
  }

  /// The rows but empty ones.
  static func rows(_ bytes: [UInt8]) throws(Problem) -> [Row] {
    let text = try utf8(bytes)
    var reader = Reader(bytes: text[...])
    if text.starts(with: [0xef, 0xbb, 0xbf]) { reader.bytes = text.dropFirst(3) }
    if let separator = takeSeparator(&reader.bytes) {
      reader.separator = separator
      reader.line += 1
    } else {
      reader.separator = separator(of: reader.bytes)
    }
    var rows: [Row] = []
    while !reader.bytes.isEmpty {
      let first = reader.line
      let fields = try reader.row()
      if fields != [""] { rows.append(Row(line: first, fields: fields)) }
    }
    return rows
  }

  /// What spreadsheets save as "Unicode" is UTF-16: known by its mark, or by the zeros in its first letters.
  private static func utf8(_ bytes: [UInt8]) throws(Problem) -> [UInt8] {
    let start = Array(bytes.prefix(4))
    let isBigEndian: Bool
    switch start.count < 4 ? [] : start {
    case let start where start.starts(with: [0xff, 0xfe]): isBigEndian = false
    case let start where start.starts(with: [0xfe, 0xff]): isBigEndian = true
    case let start where start.count == 4 && start[1] == 0 && start[3] == 0: isBigEndian = false
    case let start where start.count == 4 && start[0] == 0 && start[2] == 0: isBigEndian = true
    default: return bytes
    }
    guard bytes.count % 2 == 0 else { throw .notUTF16 }
    let units = stride(from: 0, to: bytes.count, by: 2).map { place in
      let pair = (UInt16(bytes[place]), UInt16(bytes[place + 1]))
      return isBigEndian ? pair.0 << 8 | pair.1 : pair.1 << 8 | pair.0
    }
    guard let text = String(validating: units, as: UTF16.self) else { throw .notUTF16 }
    return Array(text.utf8)
  }

  /// Spreadsheets may say in a line of its own, `sep=;`, what separates the fields of the others.
  private static func takeSeparator(_ bytes: inout ArraySlice<UInt8>) -> UInt8? {
    let start = Array("sep=".utf8)
    let lineEnds = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let line = bytes.prefix { !lineEnds.contains($0) }
    guard line.count == start.count + 1, line.starts(with: start), let separator = line.last
    else { return nil }
    bytes.removeFirst(line.count)
    if bytes.starts(with: [UInt8(ascii: "\r"), UInt8(ascii: "\n")]) {
      bytes.removeFirst(2)
    } else if !bytes.isEmpty {
      bytes.removeFirst()
    }
    return separator
  }

  /// Whichever of comma, semicolon and tab the first line with one of them has most of; of as many the
  /// first.
  private static func separator(of bytes: ArraySlice<UInt8>) -> UInt8 {
    let separators = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
    guard let first = bytes.firstIndex(where: separators.contains) else { return separators[0] }
    let lineEnds = [UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    let start = bytes[..<first].lastIndex(where: lineEnds.contains) ?? bytes.startIndex
    let line = bytes[start...].drop(while: lineEnds.contains).prefix { !lineEnds.contains($0) }
    var best = (separator: separators[0], count: 0)
    for separator in separators {
      let count = line.count { $0 == separator }
      if count > best.count { best = (separator, count) }
    }
    return best.separator
  }

  private struct Reader {
    var bytes: ArraySlice<UInt8>
    var separator = UInt8(ascii: ",")
    var line = 1

    /// The fields up to the end of the row.
    mutating func row() throws(Problem) -> [String] {
      let quote = UInt8(ascii: "\"")
      let first = line
      var fields: [String] = []
      var field: [UInt8] = []
      /// The line of the quote within which the reader is.
      var quoted: Int?
      while let byte = bytes.popFirst() {
        let endsLine = isLineEnd(byte)
        if endsLine { line += 1 }
        if quoted != nil {
          if byte != quote {
            field.append(byte)
          } else if bytes.first == quote {
            field.append(quote)
            bytes.removeFirst()
          } else {
            quoted = nil
          }
        } else if byte == quote && field.isEmpty {
          quoted = line
        } else if byte == separator {
          fields.append(try Self.text(field, line: first))
          field = []
        } else if endsLine {
          break
        } else if byte != UInt8(ascii: "\r") {
          field.append(byte)
        }
        if field.count > fieldBytesMax {
          throw quoted.map { Problem.openQuote(line: $0) } ?? .longField(line: first)
        }
      }
      if let quoted { throw .openQuote(line: quoted) }
      return fields + [try Self.text(field, line: first)]
    }

    private static func text(_ field: [UInt8], line: Int) throws(Problem) -> String {
      guard let text = String(validating: field, as: UTF8.self) else { throw .notUTF8(line: line) }
      return text
    }

    /// A line ends with "\n", with "\r\n", and on old Macs with "\r".
    private func isLineEnd(_ byte: UInt8) -> Bool {
      byte == UInt8(ascii: "\n")
        || byte == UInt8(ascii: "\r") && bytes.first != UInt8(ascii: "\n")
    }
  }
}
