/// The element types that are read, by the numbers that ONNX gives them (`TensorProto.DataType`).
public enum OnnxElementType: Int32, Equatable, Sendable, CaseIterable {
  case float32 = 1
  case uint8 = 2
  case int8 = 3
  case int32 = 6
  case int64 = 7
  case bool = 9
  /// Becomes float32, exactly, when a tensor is read; never written.
  case float16 = 10

  /// The bytes of one element in a file.
  public var byteCount: Int {
    switch self {
    case .uint8, .int8, .bool: 1
    case .float16: 2
    case .float32, .int32: 4
    case .int64: 8
    }
  }
}

/// A constant of a graph.
public struct OnnxTensor: Equatable, Sendable {
  /// The elements in row-major order.
  public enum Elements: Equatable, Sendable {
    case float32([Float])
    case uint8([UInt8])
    case int8([Int8])
    case int32([Int32])
    case int64([Int64])
    case bool([Bool])

    public var count: Int {
      switch self {
      case .float32(let elements): elements.count
      case .uint8(let elements): elements.count
      case .int8(let elements): elements.count
      case .int32(let elements): elements.count
      case .int64(let elements): elements.count
      case .bool(let elements): elements.count
      }
    }

    public var type: OnnxElementType {
      switch self {
      case .float32: .float32
      case .uint8: .uint8
      case .int8: .int8
      case .int32: .int32
      case .int64: .int64
      case .bool: .bool
      }
    }
  }

  /// The name by which nodes refer to it; empty for the value of an attribute.
  public let name: String
  /// The shape, outermost dimension first; empty for a single number.
  public let dimensions: [Int]
  /// As many elements as the product of the dimensions.
  public let elements: Elements

  /// - Precondition: the dimensions aren't negative and their product is the number of elements
  public init(name: String, dimensions: [Int], elements: Elements) {
    precondition(
      Self.elementCount(dimensions) == elements.count,
      "tensor '\(name)' of shape \(dimensions) has \(elements.count) elements")
    self.name = name
    self.dimensions = dimensions
    self.elements = elements
  }

  /// The elements if they are float32.
  public var floats: [Float]? {
    if case .float32(let elements) = elements { elements } else { nil }
  }

  /// The elements if they are int64, the type of shapes and axes.
  public var ints: [Int64]? {
    if case .int64(let elements) = elements { elements } else { nil }
  }

  /// The product of the dimensions; nil if one is negative or the product doesn't fit.
  static func elementCount(_ dimensions: [Int]) -> Int? {
    var count = 1
    for dimension in dimensions {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
