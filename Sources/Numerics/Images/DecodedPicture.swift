/// What a decoder has put into the buffer ([height × columns × 4]).
struct DecodedPicture {
  /// In pixels, as stored.
  var width: Int
  /// In pixels, as stored.
  var height: Int
  /// Those in the buffer, where columns that nobody asked for were left out; nil where all are there.
  var columns: Range<Int>?
  /// By how much it was scaled down.
  var denominator = 1
  /// How it has to be turned.
  var orientation = Orientation.upright
  /// What the decoder complained of without giving the picture up.
  var warnings: [String] = []
}

/// Lays pixels with an opacity ([count × 4]) over white: round((c · a + 255 · (255 − a)) / 255).
func layOverWhite(_ pixels: inout [UInt8], count: Int) {
  for pixel in stride(from: 0, to: 4 * count, by: 4) {
    let alpha = Int(pixels[pixel + 3])
    if alpha == 255 { continue }
    let white = 255 * (255 - alpha)
    for colour in pixel..<pixel + 3 {
      pixels[colour] = UInt8((Int(pixels[colour]) * alpha + white + 127) / 255)
    }
  }
}

/// The same for colours that are multiplied by their opacity already: c + 255 − a.
func layPremultipliedOverWhite(_ pixels: inout [UInt8], count: Int) {
  for pixel in stride(from: 0, to: 4 * count, by: 4) {
    let alpha = Int(pixels[pixel + 3])
    if alpha == 255 { continue }
    for colour in pixel..<pixel + 3 {
      pixels[colour] = UInt8(min(255, Int(pixels[colour]) + 255 - alpha))
    }
  }
}
