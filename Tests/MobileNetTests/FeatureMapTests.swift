import Digest
import MobileNet
import TestSupport
import Testing

@Suite struct `What features come from` {
  private static func pixels(_ side: Int, seed: UInt64) -> [UInt8] {
    var random = SplitMix64(seed: seed, purpose: "feature maps")
    return (0..<side * side * 3).map { _ in UInt8(random.below(256)) }
  }

  private static func backbone(_ precision: Precision, depths: Int) throws -> Backbone {
    let images = (0..<12).map { pixels(32, seed: $0) }
    var object = TinyModel.onnx(seed: 2)
    var backbone = try Backbone(onnx: object, depths: depths)
    if precision == .int8 {
      object = try QuantizedBackbone.object(quantizing: backbone, calibratingOn: images)
      backbone = try Backbone(object: object)
    }
    guard depths > 1 else { return backbone }
    return try Backbone(
      object: StandardizedBackbone.object(of: object, backbone, depths: depths, showing: images))
  }

  @Test(arguments: Precision.allCases, [1, 3])
  func `averages to the features, channel by channel`(precision: Precision, depths: Int) throws {
    let backbone = try Self.backbone(precision, depths: depths)
    #expect(backbone.featuresAreAverages)
    var extractor = FeatureExtractor(backbone)
    for seed in 30..<34 {
      let pixels = Self.pixels(32, seed: UInt64(seed))
      var features = [Float](repeating: .nan, count: backbone.featureCount)
      var span = features.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
      let sight = extractor.look(pixels: pixels.span)
      #expect(sight.features.map(\.bitPattern) == features.map(\.bitPattern))
      try #require(sight.averaged.count == depths)
      #expect(sight.averaged.reduce(0) { $0 + $1.channels } == features.count)
      var first = 0
      for map in sight.averaged {
        #expect(map.height > 1 && map.values.count == map.height * map.width * map.channels)
        for channel in 0..<map.channels {
          let sum = (0..<map.height * map.width).reduce(0.0) {
            $0 + Double(map.values[$1 * map.channels + channel])
          }
          let mean = sum / Double(map.height * map.width)
          let feature = Double(features[first + channel])
          #expect(
            abs(mean - feature) <= 1e-4 * max(1, abs(feature)),
            "seed \(seed), \(map.layer), \(channel)")
        }
        first += map.channels
      }
      #expect(sight.layers.count == 2)
      for layer in sight.layers { #expect(Set(layer.values).count > 2, "\(layer.layer)") }
    }
  }

  @Test func `is not told where a hidden layer follows the pool`() throws {
    let onnx = StyledModel.model(ExportStyle(), seed: 1).encoded()
    for depths in [1, 2] {
      let backbone = try Backbone(onnx: onnx, depths: depths)
      #expect(!backbone.featuresAreAverages)
      var extractor = FeatureExtractor(backbone)
      let sight = extractor.look(pixels: Self.pixels(StyledModel.inputSize, seed: 1).span)
      #expect(sight.averaged.isEmpty && sight.layers.count == 2)
    }
  }

  @Test(arguments: Precision.allCases)
  func `own features are those of the network without other depths`(precision: Precision) throws {
    let (alone, deep) = (
      try Self.backbone(precision, depths: 1), try Self.backbone(precision, depths: 3)
    )
    #expect(deep.ownFeatureCount == alone.featureCount)
    let pixels = Self.pixels(32, seed: 50)
    var first = FeatureExtractor(alone)
    var second = FeatureExtractor(deep)
    let expected = first.look(pixels: pixels.span).features
    let own = deep.ownFeatures(second.look(pixels: pixels.span).features)
    // int8 ranges are those of other tensors as well.
    let tolerance: Float = precision == .int8 ? 0.05 : 1e-4
    for (a, b) in zip(own, expected) { #expect(abs(a - b) <= tolerance * max(1, abs(b))) }
    #expect(alone.ownFeatures(expected) == expected)
  }
}
