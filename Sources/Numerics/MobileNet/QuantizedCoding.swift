import Digest
import Kernels

// The object's layout, little-endian: the magic number, the version (UInt32), the digest of the ONNX
// file (32 bytes), the preprocessing (text), the tensors, the layers. A text or list begins with its
// length (UInt32). Version 2 ends with `noise` (float32). Version 1 has pools and int8 convolutions without tables; an object that needs no more
// is written as version 1.

extension QuantizedNetwork {
  private static let magic: [UInt8] = Array("tl-int8\n".utf8)
  private static let versions: ClosedRange<UInt32> = 1...2

  /// Whether bytes begin like an object, of whatever version.
  static func isObject(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// The same value gives the same bytes.
  func encoded() -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes += Self.magic
    writer.write(isOfVersion1 ? 1 : Self.versions.upperBound)
    writer.bytes += source.bytes
    writer.write(preprocess.rawValue)
    writer.write(UInt32(network.tensors.count))
    for (shape, scale) in zip(network.tensors, quantization.tensors) {
      for extent in [shape.height, shape.width, shape.channels] { writer.write(UInt32(extent)) }
      writer.write(scale?.scale ?? 0)
      writer.write(UInt32(scale?.zero ?? 0))
    }
    writer.write(UInt32(network.layers.count))
    for (index, layer) in network.layers.enumerated() {
      writer.write(layer, quantization.weights[index], quantization.tables[index])
    }
    if !isOfVersion1 { writer.write(noise) }
    return writer.bytes
  }

  var isOfVersion1: Bool {
    network.layers.indices.allSatisfy { index in
      switch network.layers[index].operation {
      case .averagePool: true
      case .convolution, .depthwise:
        quantization.weights[index] != nil && quantization.tables[index] == nil
      case .combine, .concatenate: false
      }
    }
  }

  /// - Throws: `object`
  init(decoding bytes: [UInt8]) throws(MobileNetError) {
    var reader = ByteReader(bytes)
    guard try reader.read(count: Self.magic.count) == Self.magic else {
      throw .object(reason: "it isn't one")
    }
    let version = try reader.uint32()
    guard Self.versions.contains(version) else {
      throw .object(
        reason: "its version is \(version), this program reads up to \(Self.versions.upperBound)")
    }
    guard let source = ContentDigest(bytes: try reader.read(count: 32)),
      let preprocess = Preprocess(rawValue: try reader.text())
    else { throw .object(reason: "its preprocessing is unknown") }
    self.source = source
    self.preprocess = preprocess
    network = Network(tensors: [], layers: [])
    quantization = Quantization(tensors: [], weights: [], tables: [])
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
      let (layer, weights, table) = try reader.layer(version: version)
      network.layers.append(layer)
      quantization.weights.append(weights)
      quantization.tables.append(table)
    }
    if version > 1 {
      noise = try reader.float()
      guard noise.isFinite, noise >= 0, !isOfVersion1 else {
        throw .object(reason: "its noise is \(noise), or its version not that of its layers")
      }
    }
    guard reader.isAtEnd else { throw .object(reason: "it goes on beyond its end") }
    try network.checkGeometry()
    if let obstacle = network.int8Obstacle { throw obstacle }
    try checkForm()
  }

  /// Checks that layers on bytes have int8 weights and tables, and layers on what is pooled have neither.
  private func checkForm() throws(MobileNetError) {
    let pooled = network.pooledTensors
    for (index, layer) in network.layers.enumerated() {
      let (weights, table) = (quantization.weights[index], quantization.tables[index])
      let isFloat32 = layer.reads.allSatisfy { pooled[$0] }
      let hasWeights =
        switch layer.operation {
        case .convolution, .depthwise: true
        case .averagePool, .combine, .concatenate: false
        }
      guard (weights != nil) == (hasWeights && !isFloat32), table == nil || !isFloat32,
        isFloat32 || table != nil || !layer.activation.needsTable
      else { throw .object(reason: "layer '\(layer.name)' has the form of another precision") }
    }
  }
}
