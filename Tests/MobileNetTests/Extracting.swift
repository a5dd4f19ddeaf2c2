import Digest
import MobileNet

/// Pixels of pictures that show nothing: the same for the same seed.
func noisePixels(_ count: Int, seed: UInt64) -> [UInt8] {
  var random = SplitMix64(seed: seed, purpose: "test pixels")
  return (0..<count).map { _ in UInt8(random.below(256)) }
}

extension Backbone {
  /// The features of one picture.
  func features(ofPixels pixels: [UInt8]) -> [Float] {
    var extractor = FeatureExtractor(self)
    var result = [Float](repeating: .nan, count: featureCount)
    var span = result.mutableSpan
    extractor.features(pixels: pixels.span, into: &span)
    return result
  }
}
