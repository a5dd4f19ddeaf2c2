import COnnxMessages
import Protobuf

extension OnnxTensor {
  /// - Parameter externalFile: gives a file beside the model's own by its name
  init(
    _ tensor: Tl__Onnx__Tensor, _ externalFile: (String) -> [UInt8]?
  ) throws(OnnxError) {
    let name = try unsafe text(tensor.name, "tensor name")
    guard let type = unsafe OnnxElementType(rawValue: tensor.data_type) else {
      throw unsafe .elementType(tensor: name, number: tensor.data_type)
    }
    let fileDimensions = unsafe copyNumbers(tensor.dims, count: tensor.n_dims)
    let dimensions = fileDimensions.compactMap { Int(exactly: $0) }
    guard fileDimensions.count <= OnnxLimits.rankMax, dimensions.count == fileDimensions.count,
      let count = Self.elementCount(dimensions),
      case (let byteCountExpected, let overflow) = count.multipliedReportingOverflow(
        by: type.byteCount),
      !overflow
    else { throw .dimensions(tensor: name, dimensions: fileDimensions) }

    // Every tensor type may come as raw bytes; else each has a typed field, in which integers of
    // fewer than 32 bits and float16 share the one of int32.
    let elements: Elements
    let byteCount: Int
    if unsafe tensor.data_location != 0 || tensor.n_external_data != 0 {
      let bytes = try unsafe ExternalData(tensor, name: name).bytes(of: externalFile)
      byteCount = bytes.count
      elements = unsafe bytes.withUnsafeBufferPointer { buffer in
        // unsafe: only read, and only within the closure.
        let data = unsafe UnsafeMutablePointer(mutating: buffer.baseAddress)
        return unsafe Self.elements(type, raw: ProtobufCBinaryData(len: buffer.count, data: data))
      }
    } else if unsafe tensor.has_raw_data != 0 {
      byteCount = unsafe tensor.raw_data.len
      elements = unsafe Self.elements(type, raw: tensor.raw_data)
    } else {
      elements = try unsafe Self.elements(type, typed: tensor, name: name)
      byteCount = elements.count * type.byteCount
    }
    guard byteCount == byteCountExpected else {
      throw .dataLength(
        tensor: name, dimensions: dimensions, byteCount: byteCount,
        byteCountExpected: byteCountExpected)
    }
    self.init(name: name, dimensions: dimensions, elements: elements)
  }

  /// The elements in raw bytes, which are little-endian; a remainder that fills no element is left
  /// for the caller's check of the length.
  private static func elements(
    _ type: OnnxElementType, raw: ProtobufCBinaryData
  ) -> Elements {
    switch type {
    case .float32: unsafe .float32(load(raw) { Float(bitPattern: UInt32(littleEndian: $0)) })
    case .float16: unsafe .float32(load(raw) { float32(half: UInt16(littleEndian: $0)) })
    case .uint8: unsafe .uint8(copyBytes(raw))
    case .int8: unsafe .int8(load(raw) { (byte: Int8) in byte })
    case .int32: unsafe .int32(load(raw) { Int32(littleEndian: $0) })
    case .int64: unsafe .int64(load(raw) { Int64(littleEndian: $0) })
    case .bool: unsafe .bool(copyBytes(raw).map { $0 != 0 })
    }
  }

  private static func load<Stored: BitwiseCopyable, Element>(
    _ raw: ProtobufCBinaryData, _ convert: (Stored) -> Element
  ) -> [Element] {
    let bytes = unsafe UnsafeRawBufferPointer(start: raw.data, count: raw.len)
    let count = bytes.count / MemoryLayout<Stored>.size
    return unsafe [Element](unsafeUninitializedCapacity: count) { elements, initializedCount in
      for index in 0..<count {
        // unsafe: `count` elements fit in the bytes and in the array; each is initialized once.
        unsafe elements.initializeElement(
          at: index,
          to: convert(
            bytes.loadUnaligned(
              fromByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)))
      }
      initializedCount = count
    }
  }

  private static func elements(
    _ type: OnnxElementType, typed tensor: Tl__Onnx__Tensor, name: String
  ) throws(OnnxError) -> Elements {
    func int32s() -> [Int32] {
      unsafe copyNumbers(tensor.int32_data, count: tensor.n_int32_data)
    }
    switch type {
    case .float32:
      return .float32(unsafe copyNumbers(tensor.float_data, count: tensor.n_float_data))
    case .int64: return .int64(unsafe copyNumbers(tensor.int64_data, count: tensor.n_int64_data))
    case .int32: return .int32(int32s())
    case .uint8: return .uint8(try narrowed(int32s(), tensor: name))
    case .int8: return .int8(try narrowed(int32s(), tensor: name))
    case .bool: return .bool(int32s().map { $0 != 0 })
    case .float16:
      let halves: [UInt16] = try narrowed(int32s(), tensor: name)
      return .float32(halves.map(float32(half:)))
    }
  }

  private static func narrowed<Element: FixedWidthInteger>(
    _ values: [Int32], tensor: String
  ) throws(OnnxError) -> [Element] {
    let elements = values.compactMap(Element.init(exactly:))
    guard elements.count == values.count else { throw .elementRange(tensor: tensor) }
    return elements
  }

  /// The float32 with the value of an IEEE half-precision number; exact.
  static func float32(half: UInt16) -> Float {
    let sign = UInt32(half >> 15) << 31
    let exponent = UInt32(half >> 10 & 0x1f)
    let fraction = UInt32(half & 0x3ff)
    switch exponent {
    case 0:
      let magnitude = Float(fraction) * 0x1p-24
      return sign == 0 ? magnitude : -magnitude
    case 31: return Float(bitPattern: sign | 0x7f80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }
}
