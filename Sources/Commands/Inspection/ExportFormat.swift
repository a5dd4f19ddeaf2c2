/// For what programs a classifier is written.
public enum ExportFormat: String, CaseIterable, CustomStringConvertible, Sendable {
  /// ONNX, for onnxruntime, OpenVINO and others.
  case onnx
  /// TensorFlow Lite, for LiteRT.
  case tflite

  public var description: String { rawValue }

  /// The file's name.
  public var modelName: String {
    switch self {
    case .onnx: "model.onnx"
    case .tflite: "model.tflite"
    }
  }

  /// In words.
  var formatName: String {
    switch self {
    case .onnx: "ONNX"
    case .tflite: "TensorFlow Lite"
    }
  }

  /// The Python package that runs it.
  public var package: String {
    switch self {
    case .onnx: "onnxruntime"
    case .tflite: "ai-edge-litert"
    }
  }
}
