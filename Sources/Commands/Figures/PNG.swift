import Images

/// Why a figure can't be painted.
public struct FigureError: Error, Equatable, Sendable, CustomStringConvertible {
  public let description: String
}

extension Figure {
  /// The figure as a PNG file with `scale` pixels for each of its own, on white.
  public func png(scale: Double = 2) throws(FigureError) -> [UInt8] {
    let canvas = try Canvas.blank(width: width, height: height, scale: scale)
    // To the end of the last pixel, which the figure may fill in part.
    canvas.draw(.filled(Box(x: 0, y: 0, width: width + 1, height: height + 1), .paper))
    for shape in shapes { canvas.draw(shape) }
    let image = try canvas.image()
    do throws(ImageError) {
      return try encodePNG(image, effort: .little)
    } catch {
      throw FigureError(description: "a figure can't be written as PNG: \(error)")
    }
  }
}
