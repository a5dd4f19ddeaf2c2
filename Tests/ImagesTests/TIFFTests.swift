import Digest
import Images
import Testing

/// TIFF files whose samples aren't three colours of 8 bits.
@Suite struct TIFFTests {
  struct Kind: CustomTestStringConvertible {
    let name: String
    let builder: TIFFBuilder
    let colour: [UInt8]

    var testDescription: String { name }

    init(_ name: String, _ colour: [UInt8], _ builder: TIFFBuilder) {
      (self.name, self.colour, self.builder) = (name, colour, builder)
    }
  }

  // Laid over white: 100 · 128/255 + 127 = 177.
  static let kinds = [
    Kind("grey", [100, 100, 100], TIFFBuilder(samples: [100])),
    Kind("grey, opacity", [177, 177, 177], TIFFBuilder(samples: [100, 128], extras: [2])),
    Kind("grey, multiplied", [177, 177, 177], TIFFBuilder(samples: [50, 128], extras: [1])),
    Kind(
      "grey, opacity, 16 bits", [177, 177, 177],
      TIFFBuilder(bits: 16, samples: [100 * 257, 128 * 257], extras: [2])),
    Kind(
      "white is zero, opacity", [177, 177, 177],
      TIFFBuilder(photometric: 0, samples: [155, 128], extras: [2])),
    Kind(
      "grey, something else", [100, 100, 100], TIFFBuilder(samples: [100, 128], extras: [0])),
    Kind(
      "colours and infrared", [100, 90, 80],
      TIFFBuilder(photometric: 2, samples: [100, 90, 80, 128], extras: [0])),
    Kind(
      "colours and infrared, 16 bits", [100, 90, 80],
      TIFFBuilder(
        photometric: 2, bits: 16, samples: [100, 90, 80, 128].map { $0 * 257 }, extras: [0])),
    Kind(
      "colours and an unnamed channel", [100, 90, 80],
      TIFFBuilder(photometric: 2, samples: [100, 90, 80, 128])),
    Kind(
      "colours, infrared and opacity", [177, 172, 167],
      TIFFBuilder(photometric: 2, samples: [100, 90, 80, 7, 128], extras: [0, 2])),
    Kind(
      "colours and opacity, by channels", [177, 172, 167],
      TIFFBuilder(photometric: 2, samples: [100, 90, 80, 128], extras: [2], isPlanar: true)),
    Kind(
      "colours multiplied by opacity", [177, 172, 167],
      TIFFBuilder(photometric: 2, samples: [50, 45, 40, 128], extras: [1])),
    Kind(
      "colours of 4 bits", [102, 85, 255],
      TIFFBuilder(photometric: 2, bits: 4, samples: [6, 5, 15])),
    Kind(
      "colours of 12 bits", [100, 90, 80],
      TIFFBuilder(photometric: 2, bits: 12, samples: [1606, 1445, 1285])),
    Kind("grey of 10 bits", [100, 100, 100], TIFFBuilder(bits: 10, samples: [401])),
    Kind("grey of 14 bits", [100, 100, 100], TIFFBuilder(bits: 14, samples: [6425])),
    Kind(
      "inks and opacity", [177, 177, 177],
      TIFFBuilder(photometric: 5, samples: [0, 0, 0, 155, 128], extras: [2])),
    Kind(
      "inks of 16 bits", [100, 50, 0],
      TIFFBuilder(photometric: 5, bits: 16, samples: [155, 205, 255, 0].map { $0 * 257 })),
    Kind(
      "palette and opacity", [177, 172, 167],
      TIFFBuilder(
        photometric: 3, samples: [3, 128], extras: [2],
        palette: (0..<256).map { $0 == 3 ? [25_600, 23_040, 20_480] : [65_535, 0, 0] })),
  ]

  private func decode(_ file: [UInt8]) throws -> RGBImage {
    var decoder = try ImageDecoder()
    return try decoder.decode(file)
  }

  @Test(arguments: kinds)
  func `each channel is taken for what the file says it is`(_ kind: Kind) throws {
    let picture = try decode(kind.builder.file())
    let count = TIFFBuilder.side * TIFFBuilder.side
    #expect(picture.pixels == Array(repeatElement(kind.colour, count: count).joined()))
  }

  @Test(arguments: [
    (TIFFBuilder(samples: [-28], sampleFormat: 2), "sign"),
    (TIFFBuilder(bits: 16, samples: [0x3c00], sampleFormat: 3), "floating-point"),
    (
      TIFFBuilder(
        photometric: 3, bits: 16, samples: [3],
        palette: Array(repeating: [0, 0, 0], count: 1 << 16)), "palette"
    ),
    (TIFFBuilder(photometric: 2, samples: [1, 2]), "fewer channels"),
  ])
  func `samples without a known black and white are refused, with what to do`(
    _ builder: TIFFBuilder, _ reason: String
  ) throws {
    let error = try #require(decodingError(of: builder.file()))
    #expect("\(error)".contains(reason), "\(error)")
  }

  @Test(arguments: kinds.filter { $0.builder.extras != nil })
  func `cut off or changed, it gives an error or the same picture again`(_ kind: Kind) throws {
    let file = kind.builder.file()
    for count in 8..<file.count where decodingError(of: Array(file[..<count])) == nil {
      #expect(try decode(Array(file[..<count])).pixels.count == 27)
    }
    var preprocessor = try Preprocessor(inputHeight: 16, inputWidth: 16, fit: .crop)
    expectSameAnswersToFlippedBits(of: file) { changed throws(ImageError) in
      try preprocessor.preprocess(changed, digest: .sha256([]), variant: 0)
    }
  }
}
