import Digest
import MobileNet

/// A backbone's ONNX file, made whole.
public struct BackboneFile: Sendable {
  /// The file with what it keeps in others beside it, and with a size of its input.
  public let bytes: [UInt8]
  /// What is known of the file itself.
  public let known: KnownNetwork?

  /// - Parameters:
  ///   - file: the ONNX file
  ///   - inputSize: height and width in pixels where the file leaves them free; 0 takes what it says
  ///   - externalFile: gives a file beside it by its name; nil where there is none
  public init(
    _ file: [UInt8], inputSize: Int, externalFile: (_ name: String) -> [UInt8]?
  ) throws(MobileNetError) {
    bytes = try Backbone.selfContained(
      onnx: file, inputSize: inputSize == 0 ? nil : inputSize, externalFile: externalFile)
    known = KnownNetwork.of(.sha256(file))
  }
}
