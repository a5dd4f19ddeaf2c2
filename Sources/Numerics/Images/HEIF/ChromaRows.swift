/// Rows of chroma at the size of luma: between four samples a pixel takes nine sixteenths of the nearest,
/// three of its two neighbours and one of the farthest, as JPEG decoders do where they are asked to be
/// smooth (libjpeg-turbo's "fancy upsampling").
struct ChromaRows {
  // Where the plane begins among a picture's samples.
  private let start: Int
  private let width: Int
  private let height: Int
  private let isNarrow: Bool
  private let isLow: Bool

  /// - Parameter plane: 0 for blue's chroma, 1 for red's.
  init(_ plane: Int, of picture: CodedPicture) {
    (width, height) = (picture.chromaWidth, picture.chromaHeight)
    start = picture.width * picture.height + plane * width * height
    isNarrow = width < picture.width
    isLow = height < picture.height
  }

  /// The row that belongs to a row of luma, into the start of `row`, which has room for twice the width.
  func make(_ y: Int, from samples: Span<UInt16>, into row: inout MutableSpan<Int32>) {
    let near = start + (isLow ? y / 2 : y) * width
    let isLast = y & 1 == 0 ? y == 0 : y / 2 == height - 1
    let far = !isLow || isLast ? near : near + (y & 1 == 0 ? -width : width)
    // Four times the samples between the two rows.
    var left = 3 * Int32(samples[near]) + Int32(samples[far])
    var here = left
    for x in 0..<width {
      let next = min(x + 1, width - 1)
      let right = 3 * Int32(samples[near + next]) + Int32(samples[far + next])
      if isNarrow {
        row[2 * x] = (3 * here + left + 8) >> 4
        row[2 * x + 1] = (3 * here + right + 8) >> 4
      } else {
        row[x] = (here + 2) >> 2
      }
      (left, here) = (here, right)
    }
  }
}
