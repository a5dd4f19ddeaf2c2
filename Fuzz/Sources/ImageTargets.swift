import Digest
import Images
import TestSupport

// unsafe: libFuzzer calls from one thread. The preprocessor is kept between inputs, as in a worker,
// so that what one picture leaves behind meets the next.
nonisolated(unsafe) private var preprocessor = try! Preprocessor(
  inputHeight: 16, inputWidth: 16, fit: .crop)
private let digest = ContentDigest.sha256([])

let imageTargets = [
  FuzzTarget(
    name: "jpeg",
    seeds: {
      ChromaSubsampling.allCases.flatMap { subsampling in
        [picture, broadPicture].map {
          try! encodeJPEG($0, quality: 80, subsampling: subsampling)
        }
      }
        + [false, true].map {
          insertSegment(
            exifSegment(orientation: 6, isBigEndian: $0),
            into: try! encodeJPEG(picture, quality: 80))
        }
    },
    test: { preprocessPart(withSmallJPEGSize($0)) }),
  FuzzTarget(
    name: "png",
    seeds: { [try! encodePNG(picture)] },
    test: { preprocess(withSmallPNGSize($0), as: .png) }),
  FuzzTarget(
    name: "gif",
    // 2 x 2 pixels of two colours: clear, four indices, end, of three bits each.
    seeds: {
      [
        Array("GIF89a".utf8) + [
          2, 0, 2, 0, 0x80, 0, 0, 9, 8, 7, 6, 5, 4, 0x2c, 0, 0, 0, 0, 2, 0, 2,
        ]
          + [0, 0, 2, 3, 0x44, 0x02, 0x05, 0, 0x3b]
      ]
    },
    test: { preprocess(withZeros($0, at: [7, 9]), as: .gif) }),
  FuzzTarget(
    name: "bmp",
    // 2 x 1 pixels of 24 bits.
    seeds: {
      [
        Array("BM".utf8) + [
          62, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0,
        ]
          + [1, 0, 24, 0] + [UInt8](repeating: 0, count: 24) + [1, 2, 3, 4, 5, 6, 0, 0]
      ]
    },
    test: { preprocess(withZeros($0, at: [19, 20, 21, 23, 24, 25]), as: .bmp) }),
  FuzzTarget(
    name: "tiff",
    // One grey pixel: width, height, bits, no compression, kind, place and length of the data.
    seeds: {
      let entries: [[UInt8]] = [
        [0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0], [1, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0],
        [2, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0], [3, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0],
        [6, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0], [0x11, 1, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0],
        [0x17, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0],
      ]
      return [Array("II*\0".utf8) + [10, 0, 0, 0, 99, 0, 7, 0] + entries.joined() + [0, 0, 0, 0]]
    },
    test: { preprocess(withSmallTIFFSize($0), as: .tiff) }),
  FuzzTarget(
    name: "webp",
    // One pixel without loss.
    seeds: {
      [
        Array("RIFF".utf8) + [30, 0, 0, 0] + Array("WEBPVP8L".utf8)
          + [
            17, 0, 0, 0, 0x2f, 0, 0, 0, 0, 7, 80, 132, 38, 244, 160, 255, 129, 136, 232, 127, 0, 0,
          ]
      ]
    },
    // The high bytes of the sizes, in each of the three kinds of file.
    test: { file in
      switch file.dropFirst(15).first {
      case UInt8(ascii: "X"): preprocess(withZeros(file, at: [25, 26, 28, 29]), as: .webp)
      case UInt8(ascii: "L"): preprocess(withZeros(file, at: [22, 23]), as: .webp)
      default: preprocess(withZeros(file, at: [27, 29]), as: .webp)
      }
    }),
  // What HEVC and AV1 code can't be made here: seeds lie in Fuzz/Corpus.
  FuzzTarget(
    name: "heic",
    seeds: { [] },
    test: { preprocess(withSmallBoxSize($0), as: .heic) }),
  FuzzTarget(
    name: "avif",
    seeds: { [] },
    test: { preprocess(withSmallBoxSize($0), as: .avif) }),
]

private func withZeros(_ file: [UInt8], at places: [Int]) -> [UInt8] {
  var file = file
  for place in places where place < file.count { file[place] = 0 }
  return file
}

/// The file with at most 255 x 255 pixels wherever something looks like the entry of a width or height.
private func withSmallTIFFSize(_ file: [UInt8]) -> [UInt8] {
  var file = file
  for start in file.indices.dropLast(11) {
    let isLittleEndian = file[start] < 2 && file[start + 1] == 1
    let isBigEndian = file[start] == 1 && file[start + 1] < 2
    if isLittleEndian { for place in 9...11 { file[start + place] = 0 } }
    if isBigEndian { for place in [8, 10] { file[start + place] = 0 } }
  }
  return file
}

/// The file with at most 255 x 255 pixels wherever something looks like the size of a picture.
private func withSmallBoxSize(_ file: [UInt8]) -> [UInt8] {
  var file = file
  for start in file.indices.dropLast(15) where file[start...].starts(with: "ispe".utf8) {
    for place in [8, 9, 10, 12, 13, 14] { file[start + place] = 0 }
  }
  return file
}

private let picture = RGBImage(
  width: 19, height: 23, pixels: (0..<19 * 23 * 3).map { UInt8(truncatingIfNeeded: $0 &* 7) })

/// Of which an input of 16 × 16 pixels needs few columns.
private let broadPicture = RGBImage(
  width: 70, height: 20, pixels: (0..<70 * 20 * 3).map { UInt8(truncatingIfNeeded: $0 &* 11) })

/// Passes over what has become a file of another format: its sizes aren't bounded here, so that it could
/// take all the memory that the largest picture may.
private func preprocess(_ file: [UInt8], as format: ImageFormat) {
  guard ImageFormat(firstBytes: file) == format else { return }
  for variant: UInt16 in 0...1 {
    _ = try? unsafe preprocessor.preprocess(file, digest: digest, variant: variant)
  }
}

/// Demands of a JPEG that the input is the same where columns are left out of the decoding as where the
/// whole picture comes as PNG, and that the same files are undecodable.
private func preprocessPart(_ file: [UInt8]) {
  guard ImageFormat(firstBytes: file) == .jpeg else { return }
  var decoder = try! ImageDecoder()
  let whole = try? decoder.decode(file)
  // Larger ones are scaled down while they are decoded.
  let png = whole.flatMap { min($0.width, $0.height) < 32 ? try! encodePNG($0) : nil }
  for variant: UInt16 in 0...1 {
    let input = try? unsafe preprocessor.preprocess(file, digest: digest, variant: variant)
    precondition((input == nil) == (whole == nil), "undecodable only in part or only as a whole")
    if let png {
      let expected = try! unsafe preprocessor.preprocess(png, digest: digest, variant: variant)
      precondition(input == expected, "other pixels than in the whole picture")
    }
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
