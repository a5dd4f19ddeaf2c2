import Digest
import Kernels
import MobileNet
import ONNX
import TestSupport
import Testing

@Suite struct `Feature extraction` {
  /// Features, or logits, of a random image.
  static func features(
    _ set: InstructionSet, seed: UInt64, keepClassifier: Bool = false
  ) throws -> [Float] {
    let backbone = try Backbone(
      onnx: TinyModel.onnx(seed: seed), keepClassifier: keepClassifier,
      kernels: try #require(KernelTable.forced(set)))
    var random = SplitMix64(seed: seed, purpose: "test pixels")
    let pixels = (0..<32 * 32 * 3).map { _ in UInt8(random.below(256)) }
    var extractor = FeatureExtractor(backbone)
    var result = [Float](repeating: .nan, count: backbone.featureCount)
    // Twice: a second sample mustn't see what the first left in the working memory.
    for _ in 0..<2 {
      var span = result.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
    }
    return result
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported), [1, 2, 3] as [UInt64])
  func `equals the scalar kernels bit for bit`(set: InstructionSet, seed: UInt64) throws {
    let expected = try Self.features(.scalar, seed: seed)
    #expect(try Self.features(set, seed: seed).map(\.bitPattern) == expected.map(\.bitPattern))
    #expect(Set(expected).count > 2, "seed \(seed) gives features that all agree")
  }

  @Test(arguments: Preprocess.named + [Preprocess(rawValue: "0.1,0.2,0.3/0.4,0.5,0.6")!])
  func `takes bytes for what they stand for in every channel`(preprocess: Preprocess) throws {
    let backbone = try Backbone(onnx: TinyModel.onnx(seed: 3), preprocess: preprocess)
    let pixels = (0..<32 * 32 * 3).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    var input = [Float](repeating: 0, count: pixels.count)
    for (place, byte) in pixels.enumerated() {
      let (pixel, channel) = (place / 3, place % 3)
      let mean: Float = [0.485, 0.456, 0.406][channel]
      let deviation: Float = [0.229, 0.224, 0.225][channel]
      input[channel * 32 * 32 + pixel] =
        switch preprocess {
        case .inception: Float(byte) / 127.5 - 1
        case .imagenet: (Float(byte) / 255 - mean) / deviation
        case .unit: Float(byte) / 255
        case .raw: Float(byte)
        case .scaled:
          (Float(byte) / 255 - [0.1, 0.2, 0.3][channel]) / [0.4, 0.5, 0.6][channel]
        }
    }
    var extractor = FeatureExtractor(backbone)
    var fromPixels = [Float](repeating: 0, count: backbone.featureCount)
    var fromInput = fromPixels
    do {
      var span = fromPixels.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
    }
    do {
      var span = fromInput.mutableSpan
      extractor.features(input: input.span, into: &span)
    }
    #expect(fromPixels == fromInput)
  }

  @Test func `with the classifier gives one logit for each class`() throws {
    let logits = try Self.features(.scalar, seed: 7, keepClassifier: true)
    #expect(logits.count == TinyModel.classCount)
    let features = try Self.features(.scalar, seed: 7)
    let constants = TinyModel.model(seed: 7).initializers.suffix(2).compactMap(\.floats)
    for n in 0..<TinyModel.classCount {
      var sum = constants[1][n]
      for k in 0..<TinyModel.featureCount {
        sum = sum.addingProduct(features[k], constants[0][n * TinyModel.featureCount + k])
      }
      #expect(logits[n] == sum)
    }
  }
}
