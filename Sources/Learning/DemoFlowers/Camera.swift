import Images

/// What a camera does to a scene: light, focus, noise.
struct Camera {
  private let exposure: Float
  private let tint: Colour
  private let contrast: Float
  /// The side from which light falls, and how much brighter that side is.
  private let lightDirection: Point
  private let lightSlope: Float
  private let vignette: Float
  private let blurRadius: Int
  private let noise: Float

  init(_ dice: inout Dice) {
    exposure = dice.between(0.7, 1.22)
    // Warm in the evening, cold in the shade.
    let warmth = dice.around(0.14)
    tint = Colour(repeating: 1) + Colour(warmth, dice.around(0.06), -warmth, 0)
    contrast = dice.between(0.82, 1.18)
    lightDirection = Angle.direction(dice.between(0, 1))
    lightSlope = dice.between(0, 0.45)
    vignette = dice.happens(0.4) ? dice.between(0.1, 0.4) : 0
    blurRadius = dice.happens(0.15) ? 1 : 0
    noise = dice.happens(0.4) ? dice.between(0.01, 0.04) : 0.006
  }

  func picture(of scene: Canvas, _ dice: inout Dice) -> RGBImage {
    var canvas = scene
    canvas.blur(radius: blurRadius)
    let (width, height) = (canvas.width, canvas.height)
    let centre = Point(Float(width), Float(height)) / 2
    var bytes = [UInt8](repeating: 0, count: 3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let place = (Point(Float(x), Float(y)) - centre) / centre.y
        let fall = 1 + lightSlope * place.dot(lightDirection) - vignette * place.dot(place) / 2
        var colour = canvas.pixels[y * width + x] * tint * (exposure * fall)
        colour = (colour - 0.5) * contrast + 0.5 + Self.grain(&dice) * noise
        let index = 3 * (y * width + x)
        for channel in 0..<3 {
          // Rounded half up.
          bytes[index + channel] = UInt8(max(0, min(255, colour[channel] * 255 + 0.5)))
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: bytes)
  }

  /// Independent for each colour, around 0, within ±1.4: sums of two bytes of one draw.
  @inline(__always)
  private static func grain(_ dice: inout Dice) -> Colour {
    let bits = dice.random.next()
    let low = bits & 0x00ff_00ff_00ff_00ff
    let high = (bits >> 8) & 0x00ff_00ff_00ff_00ff
    // Four sums of two bytes each, between 0 and 510.
    let sums = low &+ high
    let colour = Colour(
      Float(sums & 0x1ff), Float((sums >> 16) & 0x1ff), Float((sums >> 32) & 0x1ff), 255)
    return colour / 180 - (255 / 180)
  }
}
