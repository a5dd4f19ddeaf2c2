import MobileNet
import ONNX
import TestSupport
import Testing

/// How the weights and biases of an int8 network are rounded.
@Suite struct `Rounding to int8` {
  private static func pixels(seed: UInt64) -> [UInt8] { noisePixels(32 * 32 * 3, seed: seed) }

  private static func object(_ float32: Backbone) throws -> [UInt8] {
    try QuantizedBackbone.object(
      quantizing: float32, calibratingOn: (0..<16).map { pixels(seed: $0) })
  }

  /// The largest of the sums that kernels may add up in 16 bits, of an output channel's weights
  /// ([input][ky][kx]): places go over the inputs of a tap, a multiple of four, and then the taps.
  private static func largestSum(_ weights: ArraySlice<Int8>, inputs: Int, taps: Int) -> Int {
    let perTap = (inputs + 3) / 4 * 4
    var sums: [Int: Int] = [:]
    for (place, weight) in weights.enumerated() {
      let position = place % taps * perTap + place / taps
      sums[2 * (position / 8) + position % 4 / 2, default: 0] += Int(weight.magnitude)
    }
    return sums.values.max() ?? 0
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func `four products of a dense layer fit 16 bits`(seed: UInt64) throws {
    let backbone = try Backbone(onnx: TinyModel.onnx(seed: seed), preprocess: .imagenet)
    let object = try Self.object(backbone)
    let exported = try ExportedClassifier(
      object: object, preprocess: nil, weight: [Float](repeating: 1, count: backbone.featureCount),
      bias: [0])
    let model = try OnnxModel(decoding: exported.onnx(input: .pixels))
    var largest = 0
    for tensor in model.initializers where tensor.name.hasSuffix("_weight_int8") {
      guard case .int8(let values) = tensor.elements else { continue }
      let (inputs, taps) = (tensor.dimensions[1], tensor.dimensions[2] * tensor.dimensions[3])
      let first = values.indices.filter { $0.isMultiple(of: inputs * taps) }
      // Depthwise ones and that of the picture take their full range.
      guard inputs > 3 else {
        #expect(
          first.allSatisfy { start in
            values[start..<start + inputs * taps].contains { abs(Int($0)) == 127 }
          })
        continue
      }
      for start in first {
        let sum = Self.largestSum(
          values[start..<start + inputs * taps], inputs: inputs, taps: taps)
        #expect(sum <= 128, "\(tensor.name), seed \(seed)")
        largest = max(largest, sum)
      }
    }
    #expect(largest > 120, "no layer makes use of what fits")
  }

  /// Biases make up for what rounding weights changes about the mean: of what is left little is the same
  /// for all pictures.
  @Test func `rounding moves no feature to one side`() throws {
    var (ofMeans, ofAll) = (0.0, 0.0)
    for seed in 1...6 as ClosedRange<UInt64> {
      let float32 = try Backbone(onnx: TinyModel.onnx(seed: seed), preprocess: .imagenet)
      let int8 = try Backbone(object: Self.object(float32))
      let errors = (0..<16 as Range<UInt64>).map { picture in
        let image = Self.pixels(seed: picture)
        return zip(int8.features(ofPixels: image), float32.features(ofPixels: image))
          .map { Double($0 - $1) }
      }
      for feature in 0..<float32.featureCount {
        let mean = errors.reduce(0) { $0 + $1[feature] } / Double(errors.count)
        ofMeans += mean * mean
        ofAll += errors.reduce(0) { $0 + $1[feature] * $1[feature] } / Double(errors.count)
      }
    }
    #expect(ofMeans < 0.5 * ofAll, "\(ofMeans / ofAll)")
  }
}
