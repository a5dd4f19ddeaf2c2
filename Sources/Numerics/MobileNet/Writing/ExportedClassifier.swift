import ONNX

/// What the input of an exported classifier holds.
public enum ExportedInput: String, CaseIterable, CustomStringConvertible, Sendable {
  /// uint8 [N, height, width, 3]: pictures that have the backbone's size, red, green and blue.
  case pixels
  /// float32 [N, 3, height, width]: the same as the backbone's own preprocessing gives them.
  case normalized

  public var description: String { rawValue }
}

/// A trained classifier as an ONNX file: the backbone, the linear head and the softmax, and, if its
/// input is pixels, what becomes of them first.
public struct ExportedClassifier {
  /// Of the one output, float32 [N, classes]: the probabilities.
  public static let outputName = "probabilities"

  /// Texts in the file's metadata, by their keys.
  public var metadata: [(key: String, value: String)] = []

  private let network: Network
  private let quantization: Quantization?
  private let standardization: Standardization?
  private let preprocess: Preprocess
  private let classCount: Int
  private let weight: [Float]
  private let bias: [Float]

  /// - Parameters:
  ///   - object: the backbone's bytes, as `Backbone(object:)` takes them
  ///   - preprocess: as there
  ///   - weight: the head's, row-major [classes × features]
  ///   - bias: [classes]
  /// - Throws: bytes that are no backbone, or one with another number of features
  public init(
    object: [UInt8], preprocess: Preprocess?, weight: [Float], bias: [Float]
  ) throws(MobileNetError) {
    // Checks the bytes as a whole.
    let backbone = try Backbone(object: object, preprocess: preprocess)
    guard !bias.isEmpty, weight.count == backbone.featureCount * bias.count else {
      throw .object(
        reason: "it gives \(backbone.featureCount) features, and the head has \(weight.count) "
          + "weights for \(bias.count) classes")
    }
    var inner = object
    if StandardizedBackbone.isObject(object) {
      inner = try StandardizedBackbone.decode(object).backbone
    }
    if QuantizedNetwork.isObject(inner) {
      let quantized = try QuantizedNetwork(decoding: inner)
      (network, quantization) = (quantized.network, quantized.quantization)
    } else {
      (network, quantization) = (backbone.plan.network, nil)
    }
    self.preprocess = backbone.preprocess
    standardization = backbone.standardization
    classCount = bias.count
    (self.weight, self.bias) = (weight, bias)
  }

  /// The extent of the pictures that it takes, in pixels.
  public var inputSize: (height: Int, width: Int) {
    (network.tensors[0].height, network.tensors[0].width)
  }

  /// The file's bytes; the same classifier gives the same.
  public func encoded(input kind: ExportedInput) -> [UInt8] {
    let (height, width) = inputSize
    let inputName = kind == .pixels ? "pixels" : "input"
    var writer = GraphWriter(network, quantization, preprocess)
    let flat = writer.write(from: inputName, kind).enumerated().map { index, value in
      writer.add("Flatten", [value], named: "features\(index + 1)", [.init("axis", .int(1))])
    }
    var features =
      flat.count == 1
      ? flat[0] : writer.add("Concat", flat, named: "features", [.init("axis", .int(1))])
    if let standardization {
      let count = standardization.count
      let means = writer.constant("means", [1, count], .float32(standardization.means))
      let factors = writer.constant("factors", [1, count], .float32(standardization.factors))
      let centred = writer.add("Sub", [features, means], named: "features_centred")
      features = writer.add("Mul", [centred, factors], named: "features_standardized")
    }
    let parameters = [
      writer.constant("head_weight", [classCount, weight.count / classCount], .float32(weight)),
      writer.constant("head_bias", [classCount], .float32(bias)),
    ]
    let logits = writer.add(
      "Gemm", [features] + parameters, named: "logits", [.init("transB", .int(1))])
    _ = writer.add("Softmax", [logits], named: Self.outputName, [.init("axis", .int(1))])
    let pictures: [OnnxValueInfo.Dimension] =
      switch kind {
      case .pixels: [.named("N"), .fixed(height), .fixed(width), .fixed(3)]
      case .normalized: [.named("N"), .fixed(3), .fixed(height), .fixed(width)]
      }
    return OnnxModel(
      metadata: metadata.map { OnnxMetadata(key: $0.key, value: $0.value) },
      graphName: "classifier", nodes: writer.nodes, initializers: writer.initializers,
      inputs: [
        OnnxValueInfo(
          name: inputName, elementType: kind == .pixels ? .uint8 : .float32, dimensions: pictures)
      ],
      outputs: [
        OnnxValueInfo(
          name: Self.outputName, elementType: .float32,
          dimensions: [.named("N"), .fixed(classCount)])
      ]
    ).encoded()
  }
}
