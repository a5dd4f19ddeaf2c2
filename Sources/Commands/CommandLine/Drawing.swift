/// A bar of `columns` characters, filled up to a share in [0, 1]; an eighth of a character is the
/// finest step where Unicode is understood.
public func bar(share: Double, columns: Int, _ style: TextStyle) -> String {
  guard columns > 0 else { return "" }
  let share = share.isFinite ? min(max(share, 0), 1) : 0
  guard style.unicode else {
    let filled = Int(share * Double(columns))
    let head = filled < columns && filled > 0 ? ">" : ""
    let body = String(repeating: "=", count: head.isEmpty ? filled : filled - 1)
    return padded(body + head, columns: columns).replacing(" ", with: ".")
  }
  let eighths = Int(share * Double(columns * 8))
  let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
  let body = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
  let rest = String(repeating: "░", count: columns - columnCount(of: body))
  return style.apply(.green, body) + style.apply(.dim, rest)
}

/// A curve of one line: a character a value, the newest at the right, lowest to highest over the
/// range of the values shown. Empty without a finite value.
public func sparkline(_ values: [Double], columns: Int, _ style: TextStyle) -> String {
  let shown = binned(values.filter(\.isFinite), count: columns)
  guard let low = shown.min(), let high = shown.max() else { return "" }
  let glyphs = Array(style.unicode ? "▁▂▃▄▅▆▇█" : "_.-=*#")
  let top = Double(glyphs.count - 1)
  return String(
    shown.map { value in
      let height = share(of: value, from: low, to: high) * top
      return glyphs[Int(height.rounded())]
    })
}

/// Where a value lies in a range, from 0 to 1; 0.5 in an empty range. Halved first, because the width
/// of a range may be more than a Double holds.
private func share(of value: Double, from low: Double, to high: Double) -> Double {
  high > low ? (value / 2 - low / 2) / (high / 2 - low / 2) : 0.5
}

/// At most `count` values: neighbours averaged where there are more.
func binned(_ values: [Double], count: Int) -> [Double] {
  guard count > 0 else { return [] }
  guard values.count > count else { return values }
  return (0..<count).map { bin in
    let range = values.count * bin / count..<values.count * (bin + 1) / count
    return values[range].reduce(0) { $0 + $1 / Double(range.count) }
  }
}

/// A curve of several lines with its highest and lowest value written at the left. In Unicode a
/// character holds 2 × 4 dots (braille patterns), in ASCII one mark.
public func curve(
  _ values: [Double], columns: Int, rows: Int, label: (Double) -> String, _ style: TextStyle
) -> [String] {
  let finite = values.filter(\.isFinite)
  guard let low = finite.min(), let high = finite.max(), columns >= 12, rows >= 1 else { return [] }
  let labels = [label(high), label(low)]
  let margin = (labels.map { columnCount(of: $0) }.max() ?? 0) + 1
  let width = max(1, columns - margin - 1)
  let (dotsAcross, dotsDown) = style.unicode ? (2, 4) : (1, 1)
  let points = stretched(finite, count: width * dotsAcross)
  let height = rows * dotsDown
  var cells = [[UInt32]](repeating: [UInt32](repeating: 0, count: width), count: rows)
  // Bit of the dot (column, row) in a braille pattern, U+2800 being the empty one.
  let bits: [[UInt32]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
  for (x, value) in points.enumerated() {
    let share = share(of: value, from: low, to: high)
    let y = height - 1 - Int((share * Double(height - 1)).rounded())
    cells[y / dotsDown][x / dotsAcross] |= style.unicode ? bits[x % 2][y % 4] : 1
  }
  return cells.enumerated().map { row, line in
    let text =
      row == 0 ? labels[0] : row == rows - 1 && high > low ? labels[1] : ""
    let marks = line.map { cell in
      style.unicode
        ? Character(Unicode.Scalar(0x2800 + cell) ?? " ") : cell == 0 ? " " : Character("*")
    }
    let axis = style.unicode ? "│" : "|"
    let label = String(repeating: " ", count: margin - 1 - columnCount(of: text)) + text
    return style.apply(.dim, "\(label) \(axis)") + style.apply(.cyan, String(marks))
  }
}

/// Exactly `count` values: averaged where there are more, interpolated between neighbours where
/// there are fewer.
private func stretched(_ values: [Double], count: Int) -> [Double] {
  guard values.count < count else { return binned(values, count: count) }
  guard values.count > 1 else { return [Double](repeating: values.first ?? 0, count: count) }
  return (0..<count).map { index in
    let place = Double(index) * Double(values.count - 1) / Double(max(1, count - 1))
    let left = min(Int(place), values.count - 2)
    let share = place - Double(left)
    return values[left] * (1 - share) + values[left + 1] * share
  }
}

/// Rows in columns as wide as their widest cell, two spaces apart; the first row is the heading.
public func table(_ rows: [[String]], alignRight: Set<Int> = [], _ style: TextStyle) -> [String] {
  let count = rows.map(\.count).max() ?? 0
  let widths = (0..<count).map { column in
    rows.map { column < $0.count ? columnCount(of: $0[column]) : 0 }.max() ?? 0
  }
  return rows.enumerated().map { index, row in
    var line = ""
    for (column, cell) in row.enumerated() {
      let space = String(repeating: " ", count: widths[column] - columnCount(of: cell))
      line += alignRight.contains(column) ? space + cell : cell + space
      if column < row.count - 1 { line += "  " }
    }
    while line.last == " " { line.removeLast() }
    return index == 0 ? style.apply(.bold, line) : line
  }
}
