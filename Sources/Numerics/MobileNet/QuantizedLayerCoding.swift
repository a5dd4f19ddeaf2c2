import Kernels

// A layer of an object: its name (text), the tensors that it reads and writes, and its kind.

/// What a layer is, as a number; 8 is added where a table of 256 bytes follows its numbers.
private enum Kind {
  static let pool = 0
  static let convolution = 1
  static let depthwise = 2
  static let float32Convolution = 3
  static let float32Depthwise = 4
  static let sum = 5
  static let product = 6
  static let concatenation = 7
  static let withTable = 8
}

extension ByteWriter {
  mutating func write(_ layer: Layer, _ weights: QuantizedWeights?, _ table: [UInt8]?) {
    write(layer.name)
    write(UInt32(layer.inputs[0]))
    write(UInt32(layer.output))
    write(layer.residual.map { UInt32($0) + 1 } ?? 0)
    write(layer.sum.map { UInt32($0) + 1 } ?? 0)
    let hasTable = table == nil ? 0 : Kind.withTable
    switch layer.operation {
    case .convolution(let c), .depthwise(let c):
      let isDepthwise = if case .depthwise = layer.operation { true } else { false }
      if let weights {
        write(UInt32((isDepthwise ? Kind.depthwise : Kind.convolution) + hasTable))
        write(geometry: c)
        write(clipOf: c.activation, hasTable: table != nil)
        for value in weights.scales + weights.bias { write(value) }
        write(UInt32(weights.values.count))
        bytes += weights.values.map { UInt8(bitPattern: $0) }
      } else {
        write(UInt32(isDepthwise ? Kind.float32Depthwise : Kind.float32Convolution))
        write(geometry: c)
        write(c.activation)
        for value in c.weights + c.bias { write(value) }
      }
    case .averagePool: write(UInt32(Kind.pool))
    case .concatenate:
      write(UInt32(Kind.concatenation))
      write(UInt32(layer.inputs.count))
      for input in layer.inputs.dropFirst() { write(UInt32(input)) }
    case .combine(let operation, let activation):
      write(UInt32((operation == .add ? Kind.sum : Kind.product) + hasTable))
      write(UInt32(layer.inputs[1]))
      write(table == nil ? activation : .none)
    }
    bytes += table ?? []
  }

  private mutating func write(geometry c: Convolution) {
    let numbers = [
      c.inputs, c.outputs, c.kernelHeight, c.kernelWidth, c.stride, c.padTop, c.padLeft,
    ]
    for number in numbers { write(UInt32(number)) }
  }

  /// A table has everything that an activation does.
  private mutating func write(clipOf activation: Activation, hasTable: Bool) {
    guard case .clip(let low, let high) = hasTable ? .none : activation else {
      preconditionFailure("other activations than clips have a table")
    }
    write(low)
    write(high)
  }

  private mutating func write(_ activation: Activation) {
    switch activation {
    case .clip(let low, let high):
      write(UInt32(0))
      write(low)
      write(high)
    case .hardSwish: write(UInt32(1))
    case .hardSigmoid(let alpha, let beta):
      write(UInt32(2))
      write(alpha)
      write(beta)
    case .swish: write(UInt32(3))
    case .sigmoid: write(UInt32(4))
    }
  }
}

extension ByteReader {
  mutating func layer(
    version: UInt32
  ) throws(MobileNetError) -> (Layer, QuantizedWeights?, table: [UInt8]?) {
    let name = try text()
    let input = try integer(0...9_999)
    let output = try integer(0...9_999)
    let residual = try integer(0...10_000) - 1
    let sum = try integer(0...10_000) - 1
    var layer = Layer(
      name: name, operation: .averagePool, inputs: [input],
      residual: residual < 0 ? nil : residual, sum: sum < 0 ? nil : sum, output: output)
    let kind = try integer(
      0...(version == 1 ? Kind.depthwise : Kind.withTable + Kind.concatenation))
    let hasTable = kind >= Kind.withTable
    guard (sum >= 0) == (residual >= 0 || hasTable), residual < 0 || !hasTable else {
      throw .object(reason: "half a residual")
    }
    var weights: QuantizedWeights?
    switch kind % Kind.withTable {
    case Kind.pool:
      guard !hasTable else { throw .object(reason: "a pool has a table") }
    case Kind.convolution:
      let (c, values) = try quantizedConvolution(name, isDepthwise: false)
      (layer.operation, weights) = (.convolution(c), values)
    case Kind.depthwise:
      let (c, values) = try quantizedConvolution(name, isDepthwise: true)
      (layer.operation, weights) = (.depthwise(c), values)
    case Kind.float32Convolution where !hasTable:
      layer.operation = .convolution(try float32Convolution(name, isDepthwise: false))
    case Kind.float32Depthwise where !hasTable:
      layer.operation = .depthwise(try float32Convolution(name, isDepthwise: true))
    case Kind.concatenation where !hasTable:
      for _ in 1..<(try integer(1...256)) { layer.inputs.append(try integer(0...9_999)) }
      layer.operation = .concatenate
    case let kind where kind == Kind.sum || kind == Kind.product:
      layer.inputs.append(try integer(0...9_999))
      layer.operation = .combine(kind == Kind.sum ? .add : .multiply, try activation())
    default: throw .object(reason: "a layer without an activation has a table")
    }
    return (layer, weights, table: hasTable ? try read(count: 256) : nil)
  }

  private mutating func geometry() throws(MobileNetError) -> Convolution {
    Convolution(
      inputs: try integer(1...65_535), outputs: try integer(1...65_535),
      kernelHeight: try integer(1...Window.kernelMax),
      kernelWidth: try integer(1...Window.kernelMax),
      stride: try integer(1...8), padTop: try integer(0...Window.kernelMax),
      padLeft: try integer(0...Window.kernelMax), weights: [], bias: [])
  }

  private mutating func clip() throws(MobileNetError) -> Activation {
    let (low, high) = (try float(), try float())
    guard low < high else { throw .object(reason: "a clip's bounds are \(low) and \(high)") }
    return .clip(low: low, high: high)
  }

  private mutating func activation() throws(MobileNetError) -> Activation {
    switch try integer(0...4) {
    case 0: return try clip()
    case 1: return .hardSwish
    case 3: return .swish
    case 4: return .sigmoid
    default:
      let (alpha, beta) = (try float(), try float())
      guard alpha.isFinite, beta.isFinite else {
        throw .object(reason: "a hard sigmoid's numbers are \(alpha) and \(beta)")
      }
      return .hardSigmoid(alpha: alpha, beta: beta)
    }
  }

  private mutating func quantizedConvolution(
    _ name: String, isDepthwise: Bool
  ) throws(MobileNetError) -> (Convolution, QuantizedWeights) {
    var c = try geometry()
    c.activation = try clip()
    let scales = try floats(count: c.outputs)
    let bias = try floats(count: c.outputs)
    guard try count(max: byteCountMax) == c.weightCount(isDepthwise: isDepthwise),
      !isDepthwise || c.inputs == c.outputs, (scales + bias).allSatisfy({ $0.isFinite }),
      scales.allSatisfy({ $0 > 0 })
    else { throw .object(reason: "the weights of '\(name)' don't fit") }
    let values = try read(count: c.weightCount(isDepthwise: isDepthwise)).map {
      Int8(bitPattern: $0)
    }
    guard !values.contains(-128) else { throw .object(reason: "a weight is -128") }
    return (c, QuantizedWeights(values: values, scales: scales, bias: bias))
  }

  private mutating func float32Convolution(
    _ name: String, isDepthwise: Bool
  ) throws(MobileNetError) -> Convolution {
    var c = try geometry()
    c.activation = try activation()
    c.weights = try floats(count: c.weightCount(isDepthwise: isDepthwise))
    c.bias = try floats(count: c.outputs)
    guard !isDepthwise || c.inputs == c.outputs, (c.weights + c.bias).allSatisfy(\.isFinite) else {
      throw .object(reason: "the weights of '\(name)' don't fit")
    }
    return c
  }
}

extension Convolution {
  fileprivate func weightCount(isDepthwise: Bool) -> Int {
    outputs * kernelHeight * kernelWidth * (isDepthwise ? 1 : inputs)
  }
}
