/// For what programs a classifier is written.
public enum ExportFormat: String, CaseIterable, CustomStringConvertible, Sendable {
  /// ONNX, for onnxruntime, OpenVINO and others.
  case onnx
  /// ONNX with the int8 arithmetic of `tl`, byte for byte; slower.
  case onnxExact = "onnx-exact"
  /// TensorFlow Lite, for LiteRT.
  case tflite

  public var description: String { rawValue }

  /// The file's name.
  public var modelName: String {
    switch self {
    case .onnx, .onnxExact: "model.onnx"
    case .tflite: "model.tflite"
    }
  }

  /// In words.
  var formatName: String {
    switch self {
    case .onnx, .onnxExact: "ONNX"
    case .tflite: "TensorFlow Lite"
    }
  }

  /// The Python package that runs it.
  public var package: String {
    switch self {
    case .onnx, .onnxExact: "onnxruntime"
    case .tflite: "ai-edge-litert"
    }
  }
}
