/// Pixels of a picture that parts of it are painted into ([height × width × 4]).
struct Canvas: Equatable {
  let width: Int
  let height: Int

  /// Of the size that the file says, before it is cropped and turned.
  init(_ properties: HEIFProperties, in file: HEIFFile) throws(ImageError) {
    guard let size = properties.size, size.width > 0, size.height > 0 else {
      throw file.malformed("it has no pixels")
    }
    try ImageLimits.check(width: size.width, height: size.height)
    (width, height) = (size.width, size.height)
  }

  /// Paints a coded picture with its upper left corner at a place; what lies outside is left out.
  func paint(
    _ picture: CodedPicture, _ matrix: ColourMatrix, left: Int, top: Int,
    into pixels: inout [UInt8]
  ) {
    let columns = min(picture.width, width - left)
    let isGrey = picture.isGrey
    let blueChroma = ChromaRows(0, of: picture)
    let redChroma = ChromaRows(1, of: picture)
    var blueRow = [Int32](repeating: 0, count: 2 * picture.chromaWidth)
    var redRow = blueRow
    let samples = picture.samples.span
    var pixels = pixels.mutableSpan
    for y in 0..<min(picture.height, height - top) {
      let source = y * picture.width
      let target = 4 * ((top + y) * width + left)
      if isGrey {
        for x in 0..<columns {
          let grey = matrix.grey(Int32(samples[source + x]))
          for byte in 0..<3 { pixels[target + 4 * x + byte] = grey }
          pixels[target + 4 * x + 3] = 255
        }
        continue
      }
      var blue = blueRow.mutableSpan
      var red = redRow.mutableSpan
      blueChroma.make(y, from: samples, into: &blue)
      redChroma.make(y, from: samples, into: &red)
      for x in 0..<columns {
        let colour = matrix.colour(Int32(samples[source + x]), blue[x], red[x])
        pixels[target + 4 * x] = colour.red
        pixels[target + 4 * x + 1] = colour.green
        pixels[target + 4 * x + 2] = colour.blue
        pixels[target + 4 * x + 3] = 255
      }
    }
  }

  /// The same for an opacity, which is the luma of a picture of its own.
  func paintOpacity(
    _ picture: CodedPicture, _ matrix: ColourMatrix, left: Int, top: Int,
    into pixels: inout [UInt8]
  ) {
    let luma = picture.samples.span
    var pixels = pixels.mutableSpan
    for y in 0..<min(picture.height, height - top) {
      let target = 4 * ((top + y) * width + left) + 3
      for x in 0..<min(picture.width, width - left) {
        pixels[target + 4 * x] = matrix.grey(Int32(luma[y * picture.width + x]))
      }
    }
  }

  /// Leaves the pixels of a part at the start.
  func crop(_ pixels: inout [UInt8], columns: Range<Int>, rows: Range<Int>) {
    var pixels = pixels.mutableSpan
    var target = 0
    for y in rows {
      for source in 4 * (y * width + columns.lowerBound)..<4 * (y * width + columns.upperBound) {
        pixels[target] = pixels[source]
        target += 1
      }
    }
  }
}
