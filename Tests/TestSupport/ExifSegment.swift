/// The content of a JPEG's EXIF segment with an orientation, behind another entry as cameras have it.
public func exifSegment(orientation: UInt16, isBigEndian: Bool = false) -> [UInt8] {
  func number(_ value: UInt32, _ byteCount: Int) -> [UInt8] {
    let bytes = (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    return isBigEndian ? bytes.reversed() : bytes
  }
  func entry(_ tag: UInt32, _ value: UInt16) -> [UInt8] {
    number(tag, 2) + number(3, 2) + number(1, 4) + number(UInt32(value), 2) + [0, 0]
  }
  return Array("Exif\0\0".utf8) + Array((isBigEndian ? "MM" : "II").utf8) + number(42, 2)
    + number(8, 4) + number(2, 2) + entry(0x0103, 6) + entry(0x0112, orientation) + number(0, 4)
}

/// A JPEG file with one more application segment, the first of all.
public func insertSegment(_ content: [UInt8], into file: [UInt8]) -> [UInt8] {
  let count = content.count + 2
  return Array(file[..<2]) + [0xff, 0xe1, UInt8(count >> 8), UInt8(count & 0xff)] + content
    + Array(file[2...])
}
