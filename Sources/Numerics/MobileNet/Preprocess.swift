/// How a photograph's bytes become the network's input.
public enum Preprocess: Hashable, Sendable {
  /// x / 127.5 − 1, as TensorFlow's MobileNets want it.
  case inception
  /// (x / 255 − mean) / deviation for each channel, as PyTorch's torchvision wants it.
  case imagenet
  /// x / 255.
  case unit
  /// x, the bytes as they are.
  case raw
  /// (x / 255 − mean) / deviation with numbers of the network's own.
  case scaled(Scaling)

  /// Those that have a name, the commonest first.
  public static let named: [Preprocess] = [.inception, .imagenet, .unit, .raw]

  /// Mean and deviation of x / 255, for red, green and blue.
  public struct Scaling: Hashable, Sendable {
    /// −`limit` to `limit`.
    public let mean: [Double]
    /// Above 0, to `limit`.
    public let deviation: [Double]

    /// Whoever gives larger numbers means those of bytes.
    static let limit = 2.0

    init?(mean: [Double], deviation: [Double]) {
      guard mean.count == 3, deviation.count == 3,
        mean.allSatisfy({ abs($0) <= Self.limit }),
        deviation.allSatisfy({ $0 > 1e-4 && $0 <= Self.limit })
      else { return nil }
      self.mean = mean
      self.deviation = deviation
    }
  }

  /// As the mean and deviation of x / 255.
  var scaling: Scaling {
    let (mean, deviation): ([Double], [Double]) =
      switch self {
      case .inception: ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])
      case .imagenet: ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      case .unit: ([0, 0, 0], [1, 1, 1])
      case .raw: ([0, 0, 0], [1 / 255.0, 1 / 255.0, 1 / 255.0])
      case .scaled(let own): (own.mean, own.deviation)
      }
    guard let scaling = Scaling(mean: mean, deviation: deviation) else {
      preconditionFailure("the named ones are within the limits")
    }
    return scaling
  }

  /// The input value of every byte, for red, green and blue: 3 x 256 values.
  var table: [Float] {
    let scaling = scaling
    return (0..<3).flatMap { channel in
      (0..<256).map { byte in
        switch self {
        case .inception: Float(byte) / 127.5 - 1
        case .unit: Float(byte) / 255
        case .raw: Float(byte)
        case .imagenet, .scaled:
          (Float(byte) / 255 - Float(scaling.mean[channel])) / Float(scaling.deviation[channel])
        }
      }
    }
  }

  /// A byte becomes (byte − mean) / deviation, for red, green and blue.
  public var meanOfBytes: [Double] { (0..<3).map { affine(channel: $0).zero } }
  public var deviationOfBytes: [Double] { (0..<3).map { 1 / affine(channel: $0).factor } }

  /// What a byte of a channel stands for: (byte − zero) · factor.
  func affine(channel: Int) -> (factor: Double, zero: Double) {
    switch self {
    case .inception: (1 / 127.5, 127.5)
    case .unit: (1 / 255, 0)
    case .raw: (1, 0)
    case .imagenet, .scaled:
      (1 / (255 * scaling.deviation[channel]), 255 * scaling.mean[channel])
    }
  }
}

// The texts that people, configurations and messages have for it.
extension Preprocess: RawRepresentable, CustomStringConvertible {
  /// A name, or MEAN/STD: one number each or three, of pixels from 0 to 1; from 0 to 255 if one of them
  /// is above 2.
  public init?(rawValue text: String) {
    if let known = Self.named.first(where: { $0.rawValue == text }) {
      self = known
      return
    }
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard text.utf8.count <= 256, parts.count == 2, let mean = Self.numbers(parts[0]),
      let deviation = Self.numbers(parts[1])
    else { return nil }
    let unit = (mean + deviation).contains { abs($0) > Scaling.limit } ? 255.0 : 1
    guard
      let scaling = Scaling(mean: mean.map { $0 / unit }, deviation: deviation.map { $0 / unit })
    else { return nil }
    self.init(scaling, tolerance: 1e-9)
  }

  /// `rawValue` reads as the same.
  public var rawValue: String {
    switch self {
    case .inception: "inception"
    case .imagenet: "imagenet"
    case .unit: "unit"
    case .raw: "raw"
    case .scaled(let scaling):
      [scaling.mean, scaling.deviation].map { numbers in
        (Set(numbers).count == 1 ? [numbers[0]] : numbers).map { "\($0)" }.joined(separator: ",")
      }.joined(separator: "/")
    }
  }

  /// In words.
  public var description: String {
    switch self {
    case .inception: "x / 127.5 - 1 (inception)"
    case .imagenet: "ImageNet's mean and deviation (imagenet)"
    case .unit: "x / 255 (unit)"
    case .raw: "the bytes as they are (raw)"
    case .scaled: "mean and deviation \(rawValue)"
    }
  }

  /// What the numbers amount to: one of those with names where they are the same but for rounding.
  init(_ scaling: Scaling, tolerance: Double) {
    func isNear(_ a: [Double], _ b: [Double], _ unit: [Double]) -> Bool {
      zip(a, zip(b, unit)).allSatisfy { abs($0 - $1.0) <= tolerance * $1.1 }
    }
    self =
      Self.named.first { known in
        let own = known.scaling
        return isNear(scaling.deviation, own.deviation, own.deviation)
          && isNear(scaling.mean, own.mean, own.deviation)
      } ?? .scaled(scaling)
  }

  /// One number for all channels, or three.
  private static func numbers(_ text: Substring) -> [Double]? {
    let numbers = text.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    let finite = numbers.compactMap { $0 }.filter(\.isFinite)
    guard finite.count == numbers.count else { return nil }
    return finite.count == 1 ? Array(repeating: finite[0], count: 3) : finite
  }
}
