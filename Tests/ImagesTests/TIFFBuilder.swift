/// A TIFF file of one strip, in which every pixel has the same samples.
struct TIFFBuilder {
  /// How samples become colours: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 four inks.
  var photometric = 1
  var bits = 8
  /// Of one pixel; as many as it has channels.
  var samples: [Int]
  /// What the channels behind the colours are: 0 unspecified, 1 opacity by which the colours were
  /// multiplied, 2 opacity. Nil leaves the tag out.
  var extras: [Int]?
  /// 1 unsigned, 2 signed, 3 floating point.
  var sampleFormat: Int?
  var isPlanar = false
  /// Red, green and blue of each colour, of 16 bits.
  var palette: [[Int]]?

  static let side = 3

  func file() -> [UInt8] {
    let planes = isPlanar ? samples.map { [$0] } : [samples]
    let data = planes.map(plane)
    var fields: [(tag: Int, type: Int, values: [Int])] = [
      (256, 4, [Self.side]), (257, 4, [Self.side]),
      (258, 3, Array(repeating: bits, count: samples.count)), (259, 3, [1]),
      (262, 3, [photometric]), (273, 4, []), (277, 3, [samples.count]), (278, 4, [Self.side]),
      (279, 4, data.map(\.count)), (284, 3, [isPlanar ? 2 : 1]),
    ]
    if let palette {
      fields.append((320, 3, (0..<3).flatMap { colour in palette.map { $0[colour] } }))
    }
    if let extras { fields.append((338, 3, extras)) }
    if let sampleFormat {
      fields.append((339, 3, Array(repeating: sampleFormat, count: samples.count)))
    }
    fields[5].values = data.indices.map { 8 + data[..<$0].joined().count }
    let values = Array(data.joined())
    return header(of: fields, behind: values.count) + values
      + directory(fields, at: 8 + values.count)
  }

  private func header(
    of fields: [(tag: Int, type: Int, values: [Int])], behind count: Int
  ) -> [UInt8] {
    [0x49, 0x49, 42, 0] + bytes(8 + count, 4)
  }

  private func directory(
    _ fields: [(tag: Int, type: Int, values: [Int])], at start: Int
  ) -> [UInt8] {
    var (entries, rest) = (bytes(fields.count, 2), [UInt8]())
    let end = start + 2 + 12 * fields.count + 4
    for field in fields {
      let size = field.type == 3 ? 2 : 4
      let values = field.values.flatMap { bytes($0, size) }
      entries += bytes(field.tag, 2) + bytes(field.type, 2) + bytes(field.values.count, 4)
      if values.count <= 4 {
        entries += values + [UInt8](repeating: 0, count: 4 - values.count)
      } else {
        entries += bytes(end + rest.count, 4)
        rest += values
      }
    }
    return entries + bytes(0, 4) + rest
  }

  /// Rows of samples, each row of whole bytes, from the highest bit down; 16 bits in the file's order.
  private func plane(_ samples: [Int]) -> [UInt8] {
    var row: [UInt8] = []
    var (pending, count) = (0, 0)
    for _ in 0..<Self.side {
      for sample in samples {
        let value = sample & (1 << bits - 1)
        if bits == 16 {
          row += bytes(value, 2)
          continue
        }
        (pending, count) = (pending << bits | value, count + bits)
        while count >= 8 {
          row.append(UInt8(pending >> (count - 8) & 0xff))
          count -= 8
        }
      }
    }
    if count > 0 { row.append(UInt8(pending << (8 - count) & 0xff)) }
    return Array(repeatElement(row, count: Self.side).joined())
  }

  private func bytes(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(value >> (8 * $0) & 0xff) }
  }
}
