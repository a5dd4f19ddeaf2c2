import Digest
import Images
import TestSupport

// unsafe: libFuzzer calls from one thread. The preprocessor is kept between inputs, as in a worker,
// so that what one picture leaves behind meets the next.
nonisolated(unsafe) private var preprocessor = try! Preprocessor(inputHeight: 16, inputWidth: 16)
private let digest = ContentDigest.sha256([])

let imageTargets = [
  FuzzTarget(
    name: "jpeg",
    seeds: {
      ChromaSubsampling.allCases.map { try! encodeJPEG(picture, quality: 80, subsampling: $0) }
        + [false, true].map {
          insertSegment(
            exifSegment(orientation: 6, isBigEndian: $0),
            into: try! encodeJPEG(picture, quality: 80))
        }
    },
    test: { preprocess(withSmallJPEGSize($0)) }),
  FuzzTarget(
    name: "png",
    seeds: { [try! encodePNG(picture)] },
    test: { preprocess(withSmallPNGSize($0)) }),
]

private let picture = RGBImage(
  width: 19, height: 23, pixels: (0..<19 * 23 * 3).map { UInt8(truncatingIfNeeded: $0 &* 7) })

private func preprocess(_ file: [UInt8]) {
  for variant: UInt16 in 0...1 {
    _ = try? unsafe preprocessor.preprocess(file, digest: digest, variant: variant)
  }
}

/// The file with at most 255 × 255 pixels in its frame headers: pictures of the largest allowed
/// size take a second each, and tests of their own.
private func withSmallJPEGSize(_ file: [UInt8]) -> [UInt8] {
  var file = file
  var position = 0
  // Marker, two bytes of length, one of precision, then two each of height and width.
  while position + 8 < file.count {
    let isFrameHeader =
      file[position] == 0xff && file[position + 1] & 0xf0 == 0xc0
      && ![0xc4, 0xc8, 0xcc].contains(file[position + 1])
    if isFrameHeader {
      file[position + 5] = 0
      file[position + 7] = 0
    }
    position += 1
  }
  return file
}

/// The file with at most 255 × 255 pixels in its header, and check sums made right: libpng would
/// look at nothing behind a wrong one.
private func withSmallPNGSize(_ file: [UInt8]) -> [UInt8] {
  var file = file
  var position = 8
  while position + 12 <= file.count {
    let byteCount = file[position..<position + 4].reduce(0) { $0 << 8 | Int($1) }
    guard byteCount <= file.count - position - 12 else { break }
    if file[position + 4..<position + 8].elementsEqual("IHDR".utf8), byteCount >= 8 {
      for offset in [8, 9, 10, 12, 13, 14] { file[position + offset] = 0 }
    }
    let end = position + 8 + byteCount
    let sum = crc32(file[position + 4..<end])
    for index in 0..<4 { file[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * index)) }
    position = end + 4
  }
  return file
}

/// The check sum of PNG chunks (PNG specification, annex D).
private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  var remainder = ~UInt32(0)
  for byte in bytes {
    remainder ^= UInt32(byte)
    for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xedb8_8320 : 0) }
  }
  return ~remainder
}
