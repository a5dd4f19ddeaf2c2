/// What is asked of a decoder once it knows the size of a picture.
package struct DecodingRequest {
  /// By how much a JPEG may be scaled down within the DCT: 1, 2, 4 or 8.
  package var denominator = 1
  /// The rows and columns that are going to be looked at, in pixels of the picture at full size as
  /// people see it; nil for all of them.
  package var part: (rows: Range<Int>, columns: Range<Int>)?

  package init(denominator: Int, part: (rows: Range<Int>, columns: Range<Int>)? = nil) {
    self.denominator = denominator
    self.part = part
  }
}

/// What lies in a decoder's buffer: a picture as people see it, or a part of it that holds all that was
/// asked for ([rows × columns × 4]).
package struct DecodedPart {
  /// Of the whole picture after scaling, in pixels.
  package var width: Int
  /// Of the whole picture after scaling, in pixels.
  package var height: Int
  /// By how much it was scaled down.
  package var denominator: Int
  /// Those of the scaled picture that are in the buffer.
  package var rows: Range<Int>
  /// Those of the scaled picture that are in the buffer.
  package var columns: Range<Int>

  /// A whole picture.
  init(width: Int, height: Int, denominator: Int) {
    self.width = width
    self.height = height
    self.denominator = denominator
    rows = 0..<height
    columns = 0..<width
  }
}
