import Digest
import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

/// What an int8 pass has beside convolutions that end in a clip: activations from tables, gates, sums on
/// their own, and layers in float32 after the pool.
@Suite struct `An int8 pass` {
  private static func pixels(seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed, purpose: "test pixels")
    return (0..<32 * 32 * 3).map { _ in UInt8(random.below(256)) }
  }

  private static let images = (0..<12 as Range<UInt64>).map { pixels(seed: $0) }

  private static func features(_ backbone: Backbone, _ pixels: [UInt8]) -> [Float] {
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    for _ in 0..<2 {
      var span = result.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
    }
    return result
  }

  /// Features near those of float32, and the same bits with all kernels and several depths.
  private static func check(
    _ model: OnnxModel, depths: Int, within tolerance: Float, saysNoise: Bool = true,
    _ label: String
  ) throws {
    let backbone = try Backbone(onnx: model.encoded(), depths: depths)
    let object = try QuantizedBackbone.object(quantizing: backbone, calibratingOn: images)
    #expect((try Backbone(object: object).int8Noise != nil) == saysNoise)
    let exact = features(backbone, pixels(seed: 60))
    #expect(Set(exact).count > 2, "\(label) gives features that all agree")
    let expected = features(
      try Backbone(object: object, kernels: try #require(KernelTable.forced(.scalar))),
      pixels(seed: 60))
    #expect(expected.count == exact.count)
    for (a, b) in zip(exact, expected) { #expect(abs(a - b) < tolerance, "\(label): \(a), \(b)") }
    for table in InstructionSet.allCases.compactMap({ KernelTable.forced($0) }) {
      let quantized = try Backbone(object: object, kernels: table)
      #expect(quantized.precision == .int8)
      #expect(quantized.multiplyAddCount == backbone.multiplyAddCount)
      #expect(
        features(quantized, pixels(seed: 60)).map(\.bitPattern) == expected.map(\.bitPattern),
        "\(table.instructionSet), \(label)")
    }
  }

  /// Where 1x1 convolutions follow depthwise ones, those that some kernels compute together are in groups
  /// of their own.
  @Test(arguments: [1, 2, 3] as [UInt64], [1, 3])
  func `has depthwise and 1x1 convolutions in turn`(seed: UInt64, depths: Int) throws {
    try Self.check(
      TinyModel.chain(seed: seed), depths: depths, within: 0.3, saysNoise: false, "seed \(seed)")
  }

  @Test(arguments: ["HardSwish", "HardSigmoid", "Sigmoid"], [1, 2, 3] as [UInt64])
  func `has activations from tables`(activation: String, seed: UInt64) throws {
    let model = TinyModel.model(seed: seed, activation: activation)
    for depths in [1, 3] {
      try Self.check(model, depths: depths, within: 0.3, "\(activation), seed \(seed)")
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `has SiLU, and channels put side by side`(seed: UInt64) throws {
    let model = try BranchTests.model(seed: seed)
    for depths in [1, 2] {
      try Self.check(model, depths: depths, within: 0.3, "seed \(seed)")
    }
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `has gates of squeeze-and-excitation`(seed: UInt64) throws {
    try Self.check(try Self.excited(seed: seed), depths: 2, within: 0.3, "seed \(seed)")
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `has sums on their own`(seed: UInt64) throws {
    try Self.check(Self.summed(seed: seed), depths: 1, within: 0.3, "seed \(seed)")
  }

  static let tails: [[String]] = [
    ["Conv", "Relu"], ["Conv", "HardSwish"], ["Conv", "HardSigmoid", "Conv"],
    ["BatchNormalization", "Conv", "Relu", "BatchNormalization"],
  ]

  @Test(arguments: tails, [1, 2, 3] as [UInt64])
  func `computes in float32 what follows the pool`(tail: [String], seed: UInt64) throws {
    for depths in [1, 3] {
      try Self.check(
        try Self.model(seed: seed, tail: tail), depths: depths, within: 0.3,
        "\(tail), seed \(seed)")
    }
  }

  @Test func `without any of that is the object that it always was`() throws {
    let object = try QuantizedBackbone.object(
      quantizing: Backbone(onnx: TinyModel.onnx(seed: 1)), calibratingOn: Self.images)
    #expect(object[8..<12] == [1, 0, 0, 0])
    #expect(try Backbone(object: object).int8Noise == nil)
    let excited = try Backbone(onnx: Self.excited(seed: 1).encoded())
    let newer = try QuantizedBackbone.object(quantizing: excited, calibratingOn: Self.images)
    #expect(newer[8..<12] == [2, 0, 0, 0])
  }

  @Test func `says how far its features are from those of float32`() throws {
    let backbone = try Backbone(onnx: Self.model(seed: 1, tail: ["Conv", "HardSwish"]).encoded())
    let object = try QuantizedBackbone.object(quantizing: backbone, calibratingOn: Self.images)
    let noise = try #require(try Backbone(object: object).int8Noise)
    #expect(noise > 0 && noise < 1)
  }

  @Test func `comes from an object that is refused, or runs, wherever a byte is changed`() throws {
    var model = try Self.excited(seed: 1)
    let clip = try #require(model.nodes.firstIndex { $0.opType == "Clip" })
    model.nodes[clip].opType = "HardSwish"
    model.nodes[clip].inputs.removeLast(2)
    let object = try QuantizedBackbone.object(
      quantizing: try Backbone(onnx: model.encoded()), calibratingOn: Self.images)
    for count in stride(from: 0, to: object.count, by: 7) {
      #expect(throws: MobileNetError.self) { try Backbone(object: Array(object[..<count])) }
    }
    for place in object.indices {
      var damaged = object
      damaged[place] ^= [0x01, 0x08, 0x55][place % 3]
      if let backbone = try? Backbone(object: damaged), backbone.inputSize == (32, 32) {
        _ = Self.features(backbone, Self.images[0])
      }
    }
  }

  @Test func `has no product of two images`() throws {
    var model = TinyModel.model(seed: 1)
    let pool = try #require(model.nodes.firstIndex { $0.opType == "GlobalAveragePool" })
    let image = model.nodes[pool].inputs[0]
    model.nodes.insert(
      contentsOf: [
        OnnxNode(opType: "HardSigmoid", inputs: [image], outputs: ["mask"]),
        OnnxNode(opType: "Mul", inputs: [image, "mask"], outputs: ["masked"]),
      ], at: pool)
    model.nodes[pool + 2].inputs = ["masked"]
    let backbone = try Backbone(onnx: model.encoded())
    let error = #expect(throws: MobileNetError.self) {
      try QuantizedBackbone.object(quantizing: backbone, calibratingOn: [Self.images[0]])
    }
    #expect("\(error!)".contains("--precision fp32"))
  }
}

// MARK: - Models

extension `An int8 pass` {
  /// The tiny model with layers between its pool and its classifier.
  private static func model(seed: UInt64, tail: [String]) throws -> OnnxModel {
    var model = TinyModel.model(seed: seed)
    let pool = try #require(model.nodes.firstIndex { $0.opType == "GlobalAveragePool" })
    let output = model.nodes[pool].outputs[0]
    model.nodes[pool].outputs = ["pooled"]
    var constants = Constants(seed: seed)
    var (name, nodes) = ("pooled", [OnnxNode]())
    for (place, operation) in tail.enumerated() {
      let count = TinyModel.featureCount
      let inputs: [String] =
        switch operation {
        case "Conv":
          [
            constants.add([count, count, 1, 1], -0.6...0.6, to: &model),
            constants.add([count], -0.5...0.5, to: &model),
          ]
        case "BatchNormalization":
          [0.5...1.5, -0.5...0.5, -0.5...0.5, 0.5...1.5].map {
            constants.add([count], $0, to: &model)
          }
        default: []
        }
      nodes.append(
        OnnxNode(
          opType: operation, inputs: [name] + inputs,
          outputs: [place == tail.count - 1 ? output : "tail_\(place)"]))
      name = nodes[place].outputs[0]
    }
    model.nodes.insert(contentsOf: nodes, at: pool + 1)
    return model
  }

  /// The tiny model with the sum of two activations, which no convolution could take in.
  static func summed(seed: UInt64) -> OnnxModel {
    var model = TinyModel.model(seed: seed)
    let clips = model.nodes.indices.filter { model.nodes[$0].opType == "Clip" }
    let (other, clip) = (clips[0], clips[1])
    let added = model.nodes[clip].outputs[0]
    model.nodes[clip].outputs = ["apart"]
    model.nodes.insert(
      OnnxNode(opType: "Add", inputs: [model.nodes[other].outputs[0], "apart"], outputs: [added]),
      at: clip + 1)
    return model
  }

  /// The tiny model with squeeze-and-excitation behind its last image.
  static func excited(seed: UInt64) throws -> OnnxModel {
    var model = TinyModel.model(seed: seed)
    let pool = try #require(model.nodes.firstIndex { $0.opType == "GlobalAveragePool" })
    let image = model.nodes[pool].inputs[0]
    var constants = Constants(seed: seed)
    let count = TinyModel.featureCount
    let weights = [[8, count, 1, 1], [8], [count, 8, 1, 1], [count]].map {
      constants.add($0, -1.0...1.0, to: &model)
    }
    model.nodes.insert(
      contentsOf: [
        OnnxNode(opType: "GlobalAveragePool", inputs: [image], outputs: ["squeezed"]),
        OnnxNode(
          opType: "Conv", inputs: ["squeezed", weights[0], weights[1]], outputs: ["reduced"]),
        OnnxNode(opType: "Relu", inputs: ["reduced"], outputs: ["active"]),
        OnnxNode(
          opType: "Conv", inputs: ["active", weights[2], weights[3]], outputs: ["expanded"]),
        OnnxNode(opType: "HardSigmoid", inputs: ["expanded"], outputs: ["gate"]),
        OnnxNode(opType: "Mul", inputs: ["gate", image], outputs: ["excited"]),
      ], at: pool)
    model.nodes[pool + 6].inputs = ["excited"]
    return model
  }

  /// Random weights, each under a name of its own.
  private struct Constants {
    private var random: SplitMix64
    private var count = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed, purpose: "further weights") }

    mutating func add(
      _ dimensions: [Int], _ range: ClosedRange<Double>, to model: inout OnnxModel
    ) -> String {
      count += 1
      let values = (0..<dimensions.reduce(1, *)).map { _ in
        Float(range.lowerBound + (range.upperBound - range.lowerBound) * random.unit())
      }
      model.initializers.append(
        OnnxTensor(
          name: "further_\(count)", dimensions: dimensions, elements: .float32(values)))
      return "further_\(count)"
    }
  }
}
