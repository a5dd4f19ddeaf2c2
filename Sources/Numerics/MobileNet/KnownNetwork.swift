import Digest

/// A file that many people have, known by its digest, whose publisher says how it wants its input where
/// the file itself doesn't.
public struct KnownNetwork: Sendable {
  public let name: String
  public let preprocess: Preprocess
  private let digest: String

  private init(_ name: String, _ preprocess: Preprocess, _ digest: String) {
    self.name = name
    self.preprocess = preprocess
    self.digest = digest
  }

  /// The known file of these bytes, if they are one.
  public static func of(_ file: ContentDigest) -> KnownNetwork? {
    all.first { $0.digest == file.description }
  }

  // Only files whose digest and whose preparation both stand somewhere to be read: digests in the
  // repositories' pointers to large files, mean and deviation in the README beside them.
  private static let all = [
    // github.com/onnx/models, vision/classification/mobilenet
    KnownNetwork(
      "mobilenetv2-7 of the ONNX Model Zoo", .imagenet,
      "c1c513582d56afceff8516c73804e484c81c6a830712ab6d682253f4a3cd042f"),
    KnownNetwork(
      "mobilenetv2-12 of the ONNX Model Zoo", .imagenet,
      "c0c3f76d93fa3fd6580652a45618618a220fced18babf65774ed169de0432ad5"),
    KnownNetwork(
      "mobilenetv2-12-qdq of the ONNX Model Zoo", .imagenet,
      "41a36090dafe98f4ad8f9b7fe0b218c56ac3c031e547f0367c30655d2702bffe"),
    // github.com/opencv/opencv_zoo, models/image_classification_mobilenet (mobilenet.py)
    KnownNetwork(
      "MobileNetV1 of the OpenCV Zoo", .imagenet,
      "cf4c563b54e7144d7c2803ee22a6471e68ae87377554724d501624f602395bea"),
    KnownNetwork(
      "MobileNetV2 of the OpenCV Zoo", .imagenet,
      "4c34f23cd105dec25f40fe50e596c5bf0295f215636ac3a176ab600e488bc967"),
    // The ONNX Model Zoo's export of timm; the preparation is that of timm's default weights of this
    // name (ra_in1k).
    KnownNetwork(
      "timm's mobilenetv3_large_100 in the ONNX Model Zoo", .imagenet,
      "b0b785f44a068dee4ff35bd88b114d4fd17a8bd635816f8f0ee46fa8b196c29f"),
  ]
}
