/// How a picture of one shape becomes an input of another (variant 0; random parts are shaped as they
/// are drawn).
public enum Fit: String, CaseIterable, Sendable {
  /// The largest part in the middle that has the input's shape; what lies beyond is cut away.
  case crop
  /// All of it, squeezed or stretched into the input's shape.
  case stretch
  /// All of it in its own shape, and grey beside it.
  case pad

  /// The grey of padding: the middle of the range, and so about nothing to a network.
  public static let padding: UInt8 = 128
}

extension Crop {
  /// Variant 0, and where it lies in the input: everywhere but with `Fit.pad`.
  static func whole(
    _ fit: Fit, height: Int, width: Int, inputHeight: Int, inputWidth: Int
  ) -> Crop {
    switch fit {
    case .crop:
      .centre(height: height, width: width, inputHeight: inputHeight, inputWidth: inputWidth)
    case .stretch: .all(height: height, width: width, toHeight: inputHeight, width: inputWidth)
    case .pad:
      // inputHeight / height ≤ inputWidth / width: the height is the side that fills the input.
      inputHeight * width <= inputWidth * height
        ? .all(
          height: height, width: width, toHeight: inputHeight,
          width: max(1, (2 * width * inputHeight + height) / (2 * height)))
        : .all(
          height: height, width: width,
          toHeight: max(1, (2 * height * inputWidth + width) / (2 * width)), width: inputWidth)
    }
  }

  private static func all(
    height: Int, width: Int, toHeight resizedHeight: Int, width resizedWidth: Int
  ) -> Crop {
    Crop(
      rows: .init(
        source: 0..<height, resizedLength: resizedHeight, kept: 0..<resizedHeight),
      columns: .init(source: 0..<width, resizedLength: resizedWidth, kept: 0..<resizedWidth))
  }
}
