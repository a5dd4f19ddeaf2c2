/// A tensor of a graph: a constant, or what operators take and give.
public struct TFLiteTensor: Equatable, Sendable {
  /// The element types that are written, by the numbers that the format gives them.
  public enum ElementType: Int8, Equatable, Sendable {
    case float32 = 0
    case int32 = 2
    case uint8 = 3
    case int8 = 9
  }

  /// The elements of a constant in row-major order.
  public enum Elements: Equatable, Sendable {
    case float32([Float])
    case int32([Int32])
    case uint8([UInt8])
    case int8([Int8])

    public var count: Int {
      switch self {
      case .float32(let elements): elements.count
      case .int32(let elements): elements.count
      case .uint8(let elements): elements.count
      case .int8(let elements): elements.count
      }
    }

    public var type: ElementType {
      switch self {
      case .float32: .float32
      case .int32: .int32
      case .uint8: .uint8
      case .int8: .int8
      }
    }
  }

  /// How integers stand for numbers: (integer − zero) · scale.
  public struct Quantization: Equatable, Sendable {
    /// One for all, or one for each index of a dimension.
    public let scales: [Float]
    /// As many.
    public let zeros: [Int64]
    /// The dimension along which they differ.
    public let dimension: Int

    public init(scale: Float, zero: Int64) {
      (scales, zeros, dimension) = ([scale], [zero], 0)
    }

    /// With zeros of 0, as weights have.
    public init(scales: [Float], along dimension: Int) {
      self.scales = scales
      zeros = Array(repeating: 0, count: scales.count)
      self.dimension = dimension
    }
  }

  public let name: String
  /// The shape, outermost dimension first; of what isn't constant, the first is that of pictures, with
  /// 1 for any number of them.
  public let dimensions: [Int]
  public let type: ElementType
  /// Nil for what isn't constant.
  public let elements: Elements?
  public let quantization: Quantization?

  /// A constant.
  ///
  /// - Precondition: the product of the dimensions is the number of elements
  public init(
    name: String, dimensions: [Int], _ elements: Elements, _ quantization: Quantization? = nil
  ) {
    precondition(dimensions.reduce(1, *) == elements.count)
    (self.name, self.dimensions, type) = (name, dimensions, elements.type)
    (self.elements, self.quantization) = (elements, quantization)
  }

  /// What a graph computes, or takes.
  ///
  /// - Parameter shape: of one picture
  public init(
    name: String, shape: [Int], _ type: ElementType, _ quantization: Quantization? = nil
  ) {
    (self.name, self.type, self.quantization) = (name, type, quantization)
    dimensions = [1] + shape
    elements = nil
  }
}
