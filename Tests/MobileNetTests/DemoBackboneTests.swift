import Foundation
import MobileNet
import Testing

@Suite struct `The demo backbone` {
  private static func bytes() throws -> [UInt8] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let file = root.appending(
      path: "Sources/Commands/tl-coord/Resources/demo-mobilenet-v2-0.35.onnx")
    return [UInt8](try Data(contentsOf: file))
  }

  @Test func `is small, says how it wants its input, and has the features of a MobileNetV2`() throws
  {
    let bytes = try Self.bytes()
    #expect(bytes.count < 2 << 20)
    let backbone = try Backbone(onnx: bytes)
    #expect(backbone.inputSize == (128, 128))
    #expect(backbone.featureCount == 1280)
    #expect(backbone.preprocess == .inception)
  }

  /// The expected values are onnxruntime's, printed by `pretraining/reference.py`.
  @Test func `gives onnxruntime's features`() throws {
    let backbone = try Backbone(onnx: Self.bytes())
    var extractor = FeatureExtractor(backbone)
    var pixels: [UInt8] = []
    for y in 0..<128 {
      for x in 0..<128 {
        for channel in 0..<3 {
          pixels.append(UInt8((x * (channel + 2) + y * 3 + x * y / 32) & 255))
        }
      }
    }
    var features = [Float](repeating: .nan, count: 1280)
    var output = features.mutableSpan
    extractor.features(pixels: pixels.span, into: &output)
    let expected: [Float] = [
      2.039106, 0.000000, 0.001770, 0.000000, 1.445876, 1.329317, 0.000000, 1.963849,
      1.517060, 1.138317, 1.666604, 3.498799, 1.510807, 0.686329, 0.000000, 0.083976,
    ]
    for (index, value) in expected.enumerated() {
      #expect(abs(features[index * 80] - value) < 1e-4, "feature \(index * 80)")
    }
    #expect(abs(features.reduce(0, +) - 727.3683) < 0.01)
  }
}
