import Digest
import Extraction
import Images
import MobileNet
import TestSupport
import Testing

struct FeaturePipelineTests {
  private static let side = TinyModel.inputSize

  /// As large as the input, so that nothing is resized.
  private static func picture(isMirrored: Bool) throws -> [UInt8] {
    var numbers = SplitMix64(seed: 4, purpose: "test picture")
    let pixels = (0..<3 * side * side).map { _ in UInt8(numbers.below(256)) }
    let mirrored = (0..<3 * side * side).map { place in
      let (pixel, row) = (place / 3 % side, place / (3 * side))
      return pixels[3 * (row * side + side - 1 - pixel) + place % 3]
    }
    return try encodePNG(
      RGBImage(width: side, height: side, pixels: isMirrored ? mirrored : pixels))
  }

  @Test(arguments: Fit.allCases)
  func `a mirror image has the features of the mirrored picture`(fit: Fit) throws {
    let backbone = try Backbone(onnx: TinyModel.onnx(seed: 1), preprocess: .inception)
    var pipeline = try FeaturePipeline(backbone, fit: fit)
    let picture = try Self.picture(isMirrored: false)
    let mirrored = try Self.picture(isMirrored: true)
    func features(_ file: [UInt8]) throws -> [Float] {
      try pipeline.features(of: file, digest: .sha256(file), variant: 0)
    }
    for _ in 1...2 {
      let both = try pipeline.featuresWithMirrorImage(of: picture, digest: .sha256(picture))
      #expect(try both.plain == features(picture))
      #expect(try both.mirrored == features(mirrored))
      #expect(both.plain != both.mirrored)
    }
    #expect(throws: ImageError.self) {
      try pipeline.featuresWithMirrorImage(of: [1, 2], digest: .sha256([1, 2]))
    }
    // What failed leaves the pipeline as it was.
    _ = try features(picture)
  }
}
