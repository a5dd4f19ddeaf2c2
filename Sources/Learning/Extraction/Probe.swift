import Digest
import Images
import MobileNet

/// A computation whose digest tells whether this machine computes what every other one does: known
/// pictures go through decoding and resizing, and one through the backbone.
public enum Probe {
  /// SHA-256 of all that the probe computed. Takes as long as two forward passes or so.
  public static func digest(_ backbone: Backbone, fit: Fit) throws(ImageError) -> ContentDigest {
    let (height, width) = backbone.inputSize
    var preprocessor = try Preprocessor(inputHeight: height, inputWidth: width, fit: fit)
    var hash = SHA256()
    hash.update(Array("tl/probe/1".utf8))

    for picture in ProbePictures.all + ProbePictures.rareKinds + ProbePictures.heif {
      let content = ContentDigest.sha256(picture)
      // Variant 0 is what the fit takes, variant 1 a random part.
      for variant: UInt16 in 0...1 {
        do throws(ImageError) {
          hash.update(try preprocessor.preprocess(picture, digest: content, variant: variant))
        } catch {
          // A library that was built without a kind gives another digest than one with it.
          guard error.isUndecodable else { throw error }
          hash.update(Array("undecodable".utf8))
        }
      }
    }

    var extractor = FeatureExtractor(backbone)
    let pixels = syntheticPixels(byteCount: height * width * 3)
    var features = [Float](repeating: 0, count: backbone.featureCount)
    var span = features.mutableSpan
    extractor.features(pixels: pixels.span, into: &span)
    for feature in features { hash.update(bytes(of: feature.bitPattern)) }
    return hash.finish()
  }

  /// An input of random bytes: every value and every pixel takes part.
  private static func syntheticPixels(byteCount: Int) -> [UInt8] {
    var numbers = SplitMix64(seed: 0, purpose: "probe")
    return (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
  }

  private static func bytes(of bits: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }
}
