/// A picture in memory: 8 bits for each of red, green and blue, rows from top to bottom, pixels
/// from left to right, no padding ([height × width × 3]).
public struct RGBImage: Equatable, Sendable {
  public let width: Int
  public let height: Int
  /// [height × width × 3]
  public let pixels: [UInt8]

  /// Width and height must be positive and pixels must hold exactly height × width × 3 bytes.
  public init(width: Int, height: Int, pixels: [UInt8]) {
    precondition(width > 0 && height > 0, "a picture has at least one pixel")
    precondition(pixels.count == height * width * 3, "three bytes a pixel")
    self.width = width
    self.height = height
    self.pixels = pixels
  }
}
