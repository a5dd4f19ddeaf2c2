import ONNX
import TFLite

/// What the input of an exported classifier holds.
public enum ExportedInput: String, CaseIterable, CustomStringConvertible, Sendable {
  /// uint8 [N, height, width, 3]: pictures that have the backbone's size, red, green and blue.
  case pixels
  /// float32: the same as the backbone's own preprocessing gives them, in the order that is usual for
  /// the format: [N, 3, height, width] in ONNX, [N, height, width, 3] in TensorFlow Lite.
  case normalized

  public var description: String { rawValue }

  /// The name of the model's input.
  public var inputName: String { self == .pixels ? "pixels" : "input" }
}

/// A trained classifier for other programs: the backbone, the linear head and the softmax, and, if its
/// input is pixels, what becomes of them first.
public struct ExportedClassifier {
  /// Of the first output, float32 [N, classes]: the probabilities.
  public static let outputName = "probabilities"
  /// Of the second, float32 [N], where there are directions: the cosine of the backbone's own features
  /// to the nearest class's direction.
  public static let likenessName = "likeness"

  /// Texts in the file's metadata, by their keys.
  public var metadata: [(key: String, value: String)] = []

  let network: Network
  let quantization: Quantization?
  let standardization: Standardization?
  let preprocess: Preprocess
  let classCount: Int
  let weight: [Float]
  let bias: [Float]
  let directions: [[Float]]

  /// - Parameters:
  ///   - object: the backbone's bytes, as `Backbone(object:)` takes them
  ///   - preprocess: as there
  ///   - weight: the head's, row-major [classes × features]
  ///   - bias: [classes]
  ///   - directions: of length 1, each of as many numbers as the backbone's own features: what a
  ///     picture is compared with; those that are 0 altogether are left out
  /// - Throws: bytes that are no backbone, or one with another number of features
  public init(
    object: [UInt8], preprocess: Preprocess?, weight: [Float], bias: [Float],
    directions: [[Float]] = []
  ) throws(MobileNetError) {
    // Checks the bytes as a whole.
    let backbone = try Backbone(object: object, preprocess: preprocess)
    guard !bias.isEmpty, weight.count == backbone.featureCount * bias.count else {
      throw .object(
        reason: "it gives \(backbone.featureCount) features, and the head has \(weight.count) "
          + "weights for \(bias.count) classes")
    }
    self.directions = directions.filter { $0.contains { $0 != 0 } }
    guard self.directions.allSatisfy({ $0.count == backbone.ownFeatureCount }) else {
      throw .object(
        reason:
          "it gives \(backbone.ownFeatureCount) features of its own, and the directions of the "
          + "classes have others")
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

  /// Whether it multiplies images by gates, as squeeze-and-excitation does.
  public var hasGates: Bool {
    network.layers.contains { layer in
      if case .combine(.multiply, _) = layer.operation { true } else { false }
    }
  }

  /// The extent of the pictures that it takes, in pixels.
  public var inputSize: (height: Int, width: Int) {
    (network.tensors[0].height, network.tensors[0].width)
  }
}

// MARK: - ONNX

extension ExportedClassifier {
  /// As an ONNX file; the same classifier gives the same bytes.
  public func onnx(input kind: ExportedInput) -> [UInt8] {
    var writer = OnnxGraphWriter(network, quantization, preprocess)
    let features = writer.write(from: kind.inputName, kind)
    return onnx(writer, features, kind)
  }

  /// As an ONNX file that has the int8 arithmetic of `tl` itself, byte for byte; of a float32 network the
  /// same as `onnx`.
  ///
  /// - Throws: a layer that is damaged
  public func exactOnnx(input kind: ExportedInput) throws(MobileNetError) -> [UInt8] {
    guard let quantization else { return onnx(input: kind) }
    var writer = OnnxExactWriter(network, quantization, preprocess)
    let features = try writer.write(from: kind.inputName, kind)
    return onnx(writer.graph, features, kind)
  }

  /// The file of a graph that gives the features, each [N, channels, 1, 1], under these names.
  private func onnx(
    _ graph: OnnxGraphWriter, _ features: [String], _ kind: ExportedInput
  ) -> [UInt8] {
    let (height, width) = inputSize
    var writer = graph
    let flat = features.enumerated().map { index, value in
      writer.add("Flatten", [value], named: "features\(index + 1)", [.init("axis", .int(1))])
    }
    writeProbabilities(&writer, flat)
    var outputs = [
      OnnxValueInfo(
        name: Self.outputName, elementType: .float32,
        dimensions: [.named("N"), .fixed(classCount)])
    ]
    if !directions.isEmpty {
      writeLikeness(&writer, flat[0])
      outputs.append(
        OnnxValueInfo(name: Self.likenessName, elementType: .float32, dimensions: [.named("N")]))
    }
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
          name: kind.inputName, elementType: kind == .pixels ? .uint8 : .float32,
          dimensions: pictures)
      ], outputs: outputs
    ).encoded()
  }

  private func writeProbabilities(_ writer: inout OnnxGraphWriter, _ flat: [String]) {
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
  }

  /// The largest product with a direction, divided by the features' length.
  private func writeLikeness(_ writer: inout OnnxGraphWriter, _ features: String) {
    let rows = writer.constant(
      "class_directions", [directions.count, directions[0].count],
      .float32(directions.flatMap(\.self)))
    let along: [OnnxAttribute] = [.init("axes", .ints([1])), .init("keepdims", .int(0))]
    let products = writer.add(
      "Gemm", [features, rows], named: "class_products", [.init("transB", .int(1))])
    let largest = writer.add("ReduceMax", [products], named: "class_product", along)
    let length = writer.add("ReduceL2", [features], named: "features_length", along)
    // Features without a direction are like nothing, and no division by 0.
    let least = writer.constant("length_min", [], .float32([Self.lengthMin]))
    let positive = writer.add("Max", [length, least], named: "features_length_positive")
    _ = writer.add("Div", [largest, positive], named: Self.likenessName)
  }

  /// Far below the length of any features that say something.
  private static let lengthMin: Float = 1e-6
}

// MARK: - TensorFlow Lite

extension ExportedClassifier {
  /// As a TensorFlow Lite file; the same classifier gives the same bytes.
  ///
  /// - Throws: a layer for which the format has no form
  public func tflite(input kind: ExportedInput) throws(MobileNetError) -> [UInt8] {
    var writer = TFLiteGraphWriter(network, quantization, preprocess)
    let parts = try writer.write(from: kind.inputName, kind)
    let own = network.tensors[network.outputs[0]].channels
    let count = weight.count / classCount
    var features = parts[0]
    if parts.count > 1 {
      features = writer.add(
        .concatenation(axis: 3), parts, named: "features", shape: [1, 1, count])
    }
    if let standardization {
      let means = writer.constant("means", [count], .float32(standardization.means))
      let factors = writer.constant("factors", [count], .float32(standardization.factors))
      let centred = writer.add(
        .subtract, [features, means], named: "features_centred", shape: [1, 1, count])
      features = writer.add(
        .multiply(.none), [centred, factors], named: "features_standardized", shape: [1, 1, count])
    }
    let parameters = [
      writer.constant("head_weight", [classCount, count], .float32(weight)),
      writer.constant("head_bias", [classCount], .float32(bias)),
    ]
    let logits = writer.add(
      .fullyConnected, [features] + parameters, named: "logits", shape: [classCount])
    writer.model.outputs = [
      writer.add(.softmax, [logits], named: Self.outputName, shape: [classCount])
    ]
    if !directions.isEmpty {
      let rows = writer.constant(
        "class_directions", [directions.count, own], .float32(directions.flatMap(\.self)))
      let direction = writer.add(
        .l2Normalization, [parts[0]], named: "features_direction", shape: [1, 1, own])
      // Not every runtime does without a bias.
      let none = writer.constant(
        "class_offsets", [directions.count], .float32(directions.map { _ in 0 }))
      let products = writer.add(
        .fullyConnected, [direction, rows, none], named: "class_products",
        shape: [directions.count])
      let axis = writer.constant("class_axis", [1], .int32([1]))
      writer.model.outputs.append(
        writer.add(
          .reduceMaximum(keepsDimensions: false), [products, axis], named: Self.likenessName,
          shape: []))
    }
    writer.model.metadata = metadata.map { (name: $0.key, text: $0.value) }
    return writer.model.encoded()
  }
}
