/// A whole picture in 58 bytes: a BMP of one pixel, whose colour is the number.
public func tinyPicture(_ number: UInt8) -> [UInt8] {
  func little(_ value: Int, bytes count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
  let header = Array("BM".utf8) + little(58, bytes: 4) + little(0, bytes: 4) + little(54, bytes: 4)
  let size = little(40, bytes: 4) + little(1, bytes: 4) + little(1, bytes: 4)
  let pixels = little(1, bytes: 2) + little(24, bytes: 2) + little(0, bytes: 24)
  return header + size + pixels + [number, number, number, 0]
}
