import Digest
import Kernels

// The object's layout, little-endian: the magic number, the version (UInt32), the digest of the ONNX
// file (32 bytes), the preprocessing (text), the tensors, the layers. A text or list begins with its
// length (UInt32).

extension QuantizedNetwork {
  private static let magic: [UInt8] = Array("tl-int8\n".utf8)
  private static let version: UInt32 = 1

  /// Whether bytes begin like an object, of whatever version.
  static func isObject(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// The same value gives the same bytes.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes += Self.magic
    writer.write(Self.version)
    writer.bytes += source.bytes
    writer.write(preprocess.rawValue)
    writer.write(UInt32(network.tensors.count))
    for (shape, scale) in zip(network.tensors, quantization.tensors) {
      for extent in [shape.height, shape.width, shape.channels] { writer.write(UInt32(extent)) }
      writer.write(scale?.scale ?? 0)
      writer.write(UInt32(scale?.zero ?? 0))
    }
    writer.write(UInt32(network.layers.count))
    for (layer, weights) in zip(network.layers, quantization.weights) {
      writer.write(layer, weights)
    }
    return writer.bytes
  }

  /// - Throws: `object`
  init(decoding bytes: [UInt8]) throws(MobileNetError) {
    var reader = ByteReader(bytes)
    guard try reader.read(count: Self.magic.count) == Self.magic else {
      throw .object(reason: "it isn't one")
    }
    let version = try reader.uint32()
    guard version == Self.version else {
      throw .object(reason: "its version is \(version), this program reads \(Self.version)")
    }
    guard let source = ContentDigest(bytes: try reader.read(count: 32)),
      let preprocess = Preprocess(rawValue: try reader.text())
    else { throw .object(reason: "its preprocessing is unknown") }
    self.source = source
    self.preprocess = preprocess
    network = Network(tensors: [], layers: [])
    quantization = Quantization(tensors: [], weights: [])
    for _ in 0..<(try reader.count(max: 10_000)) {
      network.tensors.append(
        Shape(
          height: try reader.integer(1...1024), width: try reader.integer(1...1024),
          channels: try reader.integer(1...65_535)))
      let scale = try reader.float()
      let zero = UInt8(try reader.integer(0...255))
      guard scale.isFinite, scale >= 0 else { throw .object(reason: "a scale is \(scale)") }
      quantization.tensors.append(scale > 0 ? ByteScale(scale: scale, zero: zero) : nil)
    }
    for _ in 0..<(try reader.count(max: 10_000)) {
      let (layer, weights) = try reader.layer()
      network.layers.append(layer)
      quantization.weights.append(weights)
    }
    guard reader.isAtEnd else { throw .object(reason: "it goes on beyond its end") }
    try network.checkGeometry()
    if let obstacle = network.int8Obstacle { throw obstacle }
  }
}

extension ByteWriter {
  fileprivate mutating func write(_ layer: Layer, _ weights: QuantizedWeights?) {
    write(layer.name)
    write(UInt32(layer.inputs[0]))
    write(UInt32(layer.output))
    write(layer.residual.map { UInt32($0) + 1 } ?? 0)
    write(layer.sum.map { UInt32($0) + 1 } ?? 0)
    switch layer.operation {
    case .convolution(let c), .depthwise(let c):
      guard let weights, case .clip(let low, let high) = c.activation else {
        preconditionFailure("an int8 network's convolutions are quantized and clipped")
      }
      if case .depthwise = layer.operation { write(UInt32(2)) } else { write(UInt32(1)) }
      let geometry = [
        c.inputs, c.outputs, c.kernelHeight, c.kernelWidth, c.stride, c.padTop, c.padLeft,
      ]
      for number in geometry { write(UInt32(number)) }
      write(low)
      write(high)
      for value in weights.scales + weights.bias { write(value) }
      write(UInt32(weights.values.count))
      bytes += weights.values.map { UInt8(bitPattern: $0) }
    case .averagePool: write(UInt32(0))
    case .combine: preconditionFailure("an int8 network has no sums apart from convolutions")
    }
  }
}

extension ByteReader {
  fileprivate mutating func layer() throws(MobileNetError) -> (Layer, QuantizedWeights?) {
    let name = try text()
    let input = try integer(0...9_999)
    let output = try integer(0...9_999)
    let residual = try integer(0...10_000) - 1
    let sum = try integer(0...10_000) - 1
    var layer = Layer(
      name: name, operation: .averagePool, inputs: [input],
      residual: residual < 0 ? nil : residual, sum: sum < 0 ? nil : sum, output: output)
    guard (residual < 0) == (sum < 0) else { throw .object(reason: "half a residual") }
    let kind = try integer(0...2)
    if kind == 0 { return (layer, nil) }
    var c = Convolution(
      inputs: try integer(1...65_535), outputs: try integer(1...65_535),
      kernelHeight: try integer(1...Window.kernelMax),
      kernelWidth: try integer(1...Window.kernelMax),
      stride: try integer(1...8), padTop: try integer(0...Window.kernelMax),
      padLeft: try integer(0...Window.kernelMax), weights: [], bias: [])
    let (low, high) = (try float(), try float())
    guard low < high else { throw .object(reason: "a clip's bounds are \(low) and \(high)") }
    c.activation = .clip(low: low, high: high)
    let scales = try floats(count: c.outputs)
    let bias = try floats(count: c.outputs)
    let perOutput = c.kernelHeight * c.kernelWidth * (kind == 2 ? 1 : c.inputs)
    let count = try count(max: byteCountMax)
    guard count == c.outputs * perOutput, kind == 1 || c.inputs == c.outputs,
      (scales + bias).allSatisfy({ $0.isFinite }), scales.allSatisfy({ $0 > 0 })
    else { throw .object(reason: "the weights of '\(name)' don't fit") }
    let values = try read(count: count).map { Int8(bitPattern: $0) }
    guard !values.contains(-128) else { throw .object(reason: "a weight is -128") }
    layer.operation = kind == 2 ? .depthwise(c) : .convolution(c)
    return (layer, QuantizedWeights(values: values, scales: scales, bias: bias))
  }
}

extension Network {
  /// Checks what the plan relies on: every layer reads what an earlier one gave, and shapes fit.
  fileprivate func checkGeometry() throws(MobileNetError) {
    guard let first = tensors.first, first.channels == 3, !layers.isEmpty else {
      throw .object(reason: "it has no input or no layers")
    }
    var defined: Set<TensorIndex> = [0]
    for layer in layers {
      let mentioned = layer.reads + [layer.output] + (layer.sum.map { [$0] } ?? [])
      guard mentioned.allSatisfy({ $0 < tensors.count }), defined.isSuperset(of: layer.reads),
        defined.insert(layer.output).inserted
      else { throw .object(reason: "layer '\(layer.name)' reads or writes a wrong tensor") }
      let (x, y) = (tensors[layer.inputs[0]], tensors[layer.output])
      let fits: Bool
      switch layer.operation {
      case .convolution(let c):
        fits = c.inputs == x.channels && c.outputs == y.channels && c.fits(x, y)
      case .depthwise(let c):
        fits =
          c.inputs == x.channels && c.outputs == y.channels && layer.inputs[0] != 0
          && layer.residual == nil && c.fits(x, y)
      case .averagePool:
        fits =
          y == Shape(height: 1, width: 1, channels: x.channels) && layer.inputs[0] != 0
          && layer.residual == nil
      case .combine: fits = false
      }
      let others = [layer.residual, layer.sum].compactMap { $0 }
      guard fits, others.allSatisfy({ tensors[$0] == y && $0 != 0 }) else {
        throw .object(reason: "the shapes of layer '\(layer.name)' don't fit")
      }
    }
  }
}

extension Convolution {
  /// Whether the kernel, moved over the input with less padding than its size, gives the output.
  fileprivate func fits(_ x: Shape, _ y: Shape) -> Bool {
    let down = reach(y.height, kernel: kernelHeight) - padTop - x.height
    let right = reach(y.width, kernel: kernelWidth) - padLeft - x.width
    return padTop < kernelHeight && padLeft < kernelWidth && down < kernelHeight
      && right < kernelWidth && down > -stride && right > -stride
  }
}
