import Digest
import Images
import MobileNet

/// From a photograph's file to its features: the buffers of one thread for one backbone.
public struct FeaturePipeline: ~Copyable {
  private let featureCount: Int
  private var preprocessor: Preprocessor
  private var extractor: FeatureExtractor
  private var pixels: [UInt8]

  /// - Parameter fit: how a picture of another shape becomes the backbone's input
  public init(_ backbone: Backbone, fit: Fit) throws(ImageError) {
    let (height, width) = backbone.inputSize
    featureCount = backbone.featureCount
    preprocessor = try Preprocessor(inputHeight: height, inputWidth: width, fit: fit)
    extractor = FeatureExtractor(backbone)
    pixels = [UInt8](repeating: 0, count: preprocessor.inputByteCount)
  }

  /// The features of one variant of a photograph, float32 [featureCount].
  ///
  /// - Parameters:
  ///   - photograph: the content of its file
  ///   - digest: the file's, by which a variant's part of the picture is drawn
  public mutating func features(
    of photograph: [UInt8], digest: ContentDigest, variant: UInt16
  ) throws(ImageError) -> [Float] {
    // Moved out and back: a span of a stored array would lock the whole value.
    var input: [UInt8] = []
    swap(&input, &pixels)
    defer { swap(&input, &pixels) }
    var inputSpan = input.mutableSpan
    try preprocessor.preprocess(photograph, digest: digest, variant: variant, into: &inputSpan)
    var features = [Float](repeating: 0, count: featureCount)
    var output = features.mutableSpan
    extractor.features(pixels: input.span, into: &output)
    return features
  }
}
