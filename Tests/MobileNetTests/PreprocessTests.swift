import Digest
import MobileNet
import ONNX
import TestSupport
import Testing

/// How photographs become a network's input: what people write, what graphs do and metadata say.
@Suite struct PreprocessTests {
  @Test(arguments: [
    ("inception", Preprocess.inception), ("0.5/0.5", .inception), ("127.5/127.5", .inception),
    ("0.5,0.5,0.5/0.5,0.5,0.5", .inception), ("0.485,0.456,0.406/0.229,0.224,0.225", .imagenet),
    ("123.675,116.28,103.53/58.395,57.12,57.375", .imagenet), ("0/1", .unit), ("0/255", .unit),
    ("unit", .unit), ("raw", .raw), ("0/0.00392156862745098", .raw),
  ])
  func `numbers are known by their names`(text: String, expected: Preprocess) {
    #expect(Preprocess(rawValue: text) == expected)
  }

  @Test(arguments: [
    "", "Inception", "0.5", "0.5/0", "0.5/-1", "1,2/3", "0.5,0.5/0.5,0.5", "nan/1", "0/inf", "a/b",
    "0.5/0.5/0.5", "/", "1000/1", "0/1e-9", "0,0,0,0/1,1,1,1",
  ])
  func `anything else is refused`(text: String) { #expect(Preprocess(rawValue: text) == nil) }

  @Test(arguments: [
    "0.1,0.2,0.3/0.4,0.5,0.6", "103.94,116.78,123.68/58.8", "-0.1/0.7", "0.4914,0.4822,0.4465/0.2",
    "0.333333333333333333/1.9999999",
  ])
  func `numbers of a network's own come back from their text`(text: String) throws {
    let read = try #require(Preprocess(rawValue: text))
    #expect(!Preprocess.named.contains(read))
    #expect(Preprocess(rawValue: read.rawValue) == read)
  }

  private static func features(_ model: OnnxModel, _ preprocess: Preprocess?) throws -> [Float] {
    let backbone = try Backbone(onnx: model.encoded(), preprocess: preprocess)
    var extractor = FeatureExtractor(backbone)
    var random = SplitMix64(seed: 7, purpose: "test pixels")
    let pixels = (0..<32 * 32 * 3).map { _ in UInt8(random.below(256)) }
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    var span = result.mutableSpan
    extractor.features(pixels: pixels.span, into: &span)
    return result
  }

  /// The tiny model behind some nodes, each an operator with its constants.
  private static func model(_ nodes: [(String, [[Float]])]) -> OnnxModel {
    var model = TinyModel.model(seed: 4)
    model.metadata = []
    var (name, first) = ("input", [OnnxNode]())
    for (place, (operation, constants)) in nodes.enumerated() {
      var inputs = [name]
      for (index, values) in constants.enumerated() {
        let isList = operation == "BatchNormalization"
        let dimensions = isList ? [3] : values.count == 3 ? [1, 3, 1, 1] : []
        model.initializers.append(
          OnnxTensor(
            name: "prepare_\(place)_\(index)", dimensions: dimensions, elements: .float32(values)))
        inputs.append("prepare_\(place)_\(index)")
      }
      name = "prepared_\(place)"
      first.append(OnnxNode(opType: operation, inputs: inputs, outputs: [name]))
    }
    for place in model.nodes.indices {
      model.nodes[place].inputs = model.nodes[place].inputs.map { $0 == "input" ? name : $0 }
    }
    model.nodes = first + model.nodes
    return model
  }

  private static let mean: [Float] = [0.485, 0.456, 0.406]
  private static let deviation: [Float] = [0.229, 0.224, 0.225]

  @Test(
    arguments: [
      // Bytes to numbers.
      ([("Div", [[255]])], Preprocess.unit),
      ([("Mul", [[1 / 255.0]])], .unit),
      ([("Div", [[127.5]]), ("Sub", [[1]])], .inception),
      ([("Mul", [[1 / 127.5]]), ("Add", [[-1]])], .inception),
      ([("Sub", [[127.5]]), ("Div", [[127.5]])], .inception),
      ([("Div", [[255]]), ("Sub", [mean]), ("Div", [deviation])], .imagenet),
      // Numbers from 0 to 1 to others.
      ([("Sub", [mean]), ("Div", [deviation])], .imagenet),
      ([("Mul", [[2]]), ("Sub", [[1]])], .inception),
      // x · scale / √(variance + ε) …
      (
        [
          (
            "BatchNormalization",
            [[1, 1, 1], [0, 0, 0], [127.5, 127.5, 127.5], [16256.25, 16256.25, 16256.25]]
          )
        ], .inception
      ),
      // Bytes less their mean.
      ([("Sub", [[123.68, 116.78, 103.94]])], Preprocess(rawValue: "123.68,116.78,103.94/1")!),
    ] as [([(String, [[Float]])], Preprocess)])
  func `what the graph does itself is known and left out`(
    nodes: [(String, [[Float]])], expected: Preprocess
  ) throws {
    let model = Self.model(nodes)
    let found = try Backbone(onnx: model.encoded()).preprocess
    // float32 constants are near the numbers that they stand for.
    let plain = try Self.features(TinyModel.model(seed: 4), expected)
    for (a, b) in zip(try Self.features(model, nil), plain) {
      #expect(abs(a - b) < 1e-3, "\(found)")
    }
    if Preprocess.named.contains(expected) { #expect(found == expected) }
    let other: Preprocess = expected == .imagenet ? .unit : .imagenet
    let error = #expect(throws: MobileNetError.self) { try Self.features(model, other) }
    #expect("\(error!)".contains("leave --preprocess out"))
  }

  @Test func `a change that is no preparation of bytes follows the one that is asked for`() throws {
    let factors: [Float] = [1.5, 0.9, 1.3]
    let model = Self.model([("Mul", [factors]), ("Add", [[1]])])
    let error = #expect(throws: MobileNetError.self) { try Self.features(model, nil) }
    #expect("\(error!)".contains("--preprocess"))
    // (x / 255) · f + 1 has the mean −1 / f.
    let expected = (0..<3).map { ("\(-1 / factors[$0])", "\(1 / factors[$0])") }
    let numbers =
      expected.map(\.0).joined(separator: ",") + "/" + expected.map(\.1).joined(separator: ",")
    let plain = try Self.features(TinyModel.model(seed: 4), Preprocess(rawValue: numbers))
    for (a, b) in zip(try Self.features(model, .unit), plain) { #expect(abs(a - b) < 1e-4) }
  }

  @Test(
    arguments: [
      ([("preprocess", "imagenet")], Preprocess.imagenet),
      ([("preprocess", "scale to [-1, 1] (x / 127.5 - 1), RGB")], .inception),
      ([("preprocess", "0/1")], .unit),
      ([("mean", "[0.485, 0.456, 0.406]"), ("std", "0.229 0.224 0.225")], .imagenet),
      ([("Image.NominalPixelRange", "Normalized_0_1")], .unit),
      (
        [("Image.NominalPixelRange", "Normalized_1_1"), ("Image.BitmapPixelFormat", "Rgb8")],
        .inception
      ),
      ([("Image.NominalPixelRange", "NominalRange_0_255")], .raw),
      ([("Image.NominalPixelRange", "Normalized_1_1"), ("Image.BitmapPixelFormat", "Bgr8")], nil),
      ([("mean", "[0.5"), ("std", "many")], nil), ([("preprocess", "the usual")], nil),
    ] as [([(String, String)], Preprocess?)])
  func `metadata say it`(entries: [(String, String)], expected: Preprocess?) throws {
    var model = TinyModel.model(seed: 4)
    model.metadata = entries.map { OnnxMetadata(key: $0.0, value: $0.1) }
    #expect((try? Backbone(onnx: model.encoded()))?.preprocess == expected)
    #expect(try Backbone(onnx: model.encoded(), preprocess: .raw).preprocess == .raw)
  }

  @Test func `known files are known by their digests alone`() throws {
    let zoo = "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5"
    #expect(KnownNetwork.of(try #require(ContentDigest(hex: zoo)))?.preprocess == .imagenet)
    #expect(KnownNetwork.of(.sha256(TinyModel.onnx(seed: 1))) == nil)
  }

  @Test func `a free height and width are asked for, and set`() throws {
    var model = TinyModel.model(seed: 4)
    for free in [
      [.named("n"), .fixed(3), .named("h"), .named("w")],
      [.unknown, .fixed(3), .fixed(32), .unknown],
    ] as [[OnnxValueInfo.Dimension]] {
      model.inputs[0].dimensions = free
      let error = #expect(throws: MobileNetError.self) { try Backbone(onnx: model.encoded()) }
      #expect("\(error!)".contains("--input-size 224"))
      let sized = try Backbone.selfContained(onnx: model.encoded(), inputSize: 32) { _ in nil }
      let backbone = try Backbone(onnx: sized)
      #expect(backbone.inputSize == (32, 32))
      let whole = try OnnxModel(decoding: sized)
      #expect(
        try Self.features(whole, nil) == Self.features(TinyModel.model(seed: 4), nil))
      guard free[2] != .fixed(32) else { continue }
      let larger = try Backbone.selfContained(onnx: model.encoded(), inputSize: 48) { _ in nil }
      #expect(try Backbone(onnx: larger).inputSize == (48, 48))
    }
    let fixed = TinyModel.onnx(seed: 4)
    #expect(try Backbone.selfContained(onnx: fixed, inputSize: 32) { _ in nil } == fixed)
    let error = #expect(throws: MobileNetError.self) {
      try Backbone.selfContained(onnx: fixed, inputSize: 48) { _ in nil }
    }
    #expect("\(error!)".contains("fixed height of 32"))
  }
}
