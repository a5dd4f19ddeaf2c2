import ONNX

/// Why a file can't serve as a backbone.
public enum MobileNetError: Error, Equatable, Sendable {
  /// The bytes aren't a readable ONNX file.
  case file(OnnxError)
  /// A node's operator, or the way it is used, isn't supported.
  case unsupported(node: String, reason: String)
  /// The graph is one for training, where batch normalizations and dropouts do otherwise.
  case trainingMode(node: String)
  /// The graph as a whole isn't an image classifier.
  case notAClassifier(reason: String)
  /// The file doesn't say how photographs become its input, and nobody else did.
  ///
  /// - Parameter usual: what files of the program that wrote it mostly want, if that is known
  case preprocessUnknown(usual: Preprocess?)
  /// The file leaves height and width of its input free.
  case inputSizeOpen
  /// The graph turns photographs into its input itself, in another way than was asked for.
  case preprocessBuiltIn(Preprocess)
  /// Its widest layers need more working memory than any classifier for photographs.
  case workingMemory(byteCount: Int)
  /// The bytes aren't a usable quantized backbone.
  case object(reason: String)
}

extension MobileNetError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .file(let error): "\(error)"
    case .unsupported(let node, let reason):
      "\(node) of the ONNX file isn't supported: \(reason)"
    case .trainingMode(let node):
      "the ONNX file was exported in training mode (\(node)); export it again after model.eval(), "
        + "without training=..."
    case .notAClassifier(let reason):
      "the ONNX file isn't an image classifier that can be used: \(reason)"
    case .workingMemory(let byteCount):
      "the backbone needs \(byteCount) bytes of working memory per thread, more than the "
        + "\(Backbone.arenaByteCountMax) allowed; use one with a smaller input"
    case .object(let reason):
      "the quantized backbone can't be used: \(reason); quantize it again"
    case .preprocessBuiltIn(let own):
      "the ONNX file turns photographs into its input itself, as --preprocess \(own.rawValue) does; "
        + "leave --preprocess out"
    case .preprocessUnknown:
      "the ONNX file doesn't say how photographs become its input; say --preprocess inception "
        + "(x / 127.5 - 1), imagenet (mean and deviation of ImageNet), unit (x / 255), raw, or MEAN/STD"
    case .inputSizeOpen:
      "the ONNX file leaves the height and width of its input free; say what it was trained with, such "
        + "as --input-size 224"
    }
  }
}
