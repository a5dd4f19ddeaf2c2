import Digest
import Images
import MobileNet

/// From a photograph's file to its features: the buffers of one thread for one backbone.
public struct FeaturePipeline: ~Copyable {
  private let featureCount: Int
  private let inputWidth: Int
  private var preprocessor: Preprocessor
  private var extractor: FeatureExtractor
  private var pixels: [UInt8]

  /// - Parameter fit: how a picture of another shape becomes the backbone's input
  public init(_ backbone: Backbone, fit: Fit) throws(ImageError) {
    let (height, width) = backbone.inputSize
    featureCount = backbone.featureCount
    inputWidth = width
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
    var input = takePixels()
    defer { pixels = input }
    var inputSpan = input.mutableSpan
    try preprocessor.preprocess(photograph, digest: digest, variant: variant, into: &inputSpan)
    return features(of: input)
  }

  /// The features of the plain photograph (variant 0) and of its mirror image, each float32
  /// [featureCount], for the decoding of one.
  ///
  /// - Parameters: as above
  public mutating func featuresWithMirrorImage(
    of photograph: [UInt8], digest: ContentDigest
  ) throws(ImageError) -> (plain: [Float], mirrored: [Float]) {
    var input = takePixels()
    defer { pixels = input }
    var inputSpan = input.mutableSpan
    try preprocessor.preprocess(photograph, digest: digest, variant: 0, into: &inputSpan)
    let plain = features(of: input)
    mirror(&input)
    return (plain, features(of: input))
  }

  /// A span of a stored array would lock the whole value: it is moved out, and back afterwards.
  private mutating func takePixels() -> [UInt8] {
    var input: [UInt8] = []
    swap(&input, &pixels)
    return input
  }

  private mutating func features(of input: [UInt8]) -> [Float] {
    var features = [Float](repeating: 0, count: featureCount)
    var output = features.mutableSpan
    extractor.features(pixels: input.span, into: &output)
    return features
  }

  /// Swaps left and right of pixels [height × width × 3].
  private func mirror(_ input: inout [UInt8]) {
    let rowByteCount = 3 * inputWidth
    for row in stride(from: 0, to: input.count, by: rowByteCount) {
      for column in 0..<inputWidth / 2 {
        let (left, right) = (row + 3 * column, row + 3 * (inputWidth - 1 - column))
        for colour in 0..<3 { input.swapAt(left + colour, right + colour) }
      }
    }
  }
}
