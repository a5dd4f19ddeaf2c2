/// Files that are handed over as a list of labels and are none, told by their first bytes.
enum ForeignTable {
  private static let kinds: [(start: [UInt8], what: String)] = [
    ([0x50, 0x4b, 0x03, 0x04], "it is a spreadsheet (or another archive): save it as CSV"),
    ([0xd0, 0xcf, 0x11, 0xe0], "it is a spreadsheet (.xls): save it as CSV"),
    (
      Array("PAR1".utf8),
      "it is a Parquet file: save it as CSV, as with pandas: read_parquet and to_csv"
    ),
    (Array("SQLite format 3".utf8), "it is a database: write its table as CSV"),
    ([0x1f, 0x8b], "it is compressed: unpack it, as with gunzip"),
    (Array("%PDF".utf8), "it is a PDF document: give a table as CSV"),
    (
      Array("<".utf8),
      "it is XML or a web page: give a table as CSV, with a path and a label a line"
    ),
    (Array("{".utf8), "it is JSON: give a table as CSV, with a path and a label a line"),
    (Array("[{".utf8), "it is JSON: give a table as CSV, with a path and a label a line"),
    (Array("[[".utf8), "it is JSON: give a table as CSV, with a path and a label a line"),
  ]

  /// What it is and what to do; nil for what may be a table.
  static func problem(_ bytes: [UInt8]) -> String? {
    let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
    let spaces = Array(" \t\r\n".utf8)
    let start = text.prefix(256).drop(while: spaces.contains).filter { !spaces.contains($0) }
    // "[" begins names, too; with a brace or another behind it, as good as none.
    return kinds.first { bytes.starts(with: $0.start) || start.starts(with: $0.start) }?.what
  }
}
