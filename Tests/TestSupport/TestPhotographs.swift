import Digest
import Images

/// Small labelled pictures that differ in colour and in the direction of their stripes, so that
/// even a backbone of random weights tells their classes apart. The same seed gives the same files.
public enum TestPhotographs {
  public struct Photograph: Sendable {
    public let className: String
    /// class/number.jpg
    public let relativePath: String
    public let file: [UInt8]
  }

  /// `countPerClass` JPEG files for each of `classCount` classes (at most 8), about `side` pixels
  /// wide and high.
  public static func make(
    classCount: Int = 3, countPerClass: Int = 10, side: Int = 48, seed: UInt64 = 1
  ) throws -> [Photograph] {
    precondition((1...names.count).contains(classCount))
    var photographs: [Photograph] = []
    for label in 0..<classCount {
      for number in 0..<countPerClass {
        let picture = paint(label: label, number: number, side: side, seed: seed)
        let digits = String(number)
        let name = String(repeating: "0", count: max(0, 3 - digits.count)) + digits
        photographs.append(
          Photograph(
            className: names[label], relativePath: "\(names[label])/\(name).jpg",
            file: try encodeJPEG(picture, quality: 85)))
      }
    }
    return photographs
  }

  /// The same, written into a folder with a subfolder a class; returns the folder's path.
  @discardableResult
  public static func write(
    into folder: borrowing TemporaryFolder, subfolder: String = "photographs",
    classCount: Int = 3, countPerClass: Int = 10, side: Int = 48, seed: UInt64 = 1
  ) throws -> String {
    let photographs = try make(
      classCount: classCount, countPerClass: countPerClass, side: side, seed: seed)
    for photograph in photographs {
      try folder.write(photograph.file, to: "\(subfolder)/\(photograph.relativePath)")
    }
    return "\(folder.path)/\(subfolder)"
  }

  private static let names = [
    "amber", "blue", "crimson", "green", "ivory", "lilac", "slate", "teal",
  ]
  private static let colours: [[Int]] = [
    [230, 160, 30], [40, 70, 220], [190, 20, 60], [40, 160, 50], [235, 230, 205], [180, 130, 220],
    [90, 100, 110], [20, 150, 150],
  ]

  private static func paint(label: Int, number: Int, side: Int, seed: UInt64) -> RGBImage {
    var random = SplitMix64(
      seed: seed, purpose: "test photograph", UInt64(label), UInt64(number))
    let width = side + Int(random.below(9))
    let height = side + Int(random.below(9))
    let period = 6 + Int(random.below(4))
    let brightness = 80 + Int(random.below(41))
    let isUpright = label % 2 == 0
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * width * height)
    for y in 0..<height {
      for x in 0..<width {
        let isStripe = (isUpright ? x : y) % period < period / 2
        for colour in colours[label] {
          let noise = Int(random.below(41)) - 20
          let value = colour * brightness / (isStripe ? 100 : 150) + noise
          pixels.append(UInt8(max(0, min(255, value))))
        }
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }
}
