/// What a file is that people give in place of an ONNX model, told by its first bytes.
public enum OtherFormat: Equatable, Sendable, CaseIterable {
  case pyTorch
  case safetensors
  case keras
  case hdf5
  case tensorFlowLite
  case savedModel
  case onnxRuntime
  case gitPointer
  case webPage
  case archive
  case picture

  /// - Parameter bytes: the file, or at least its first 256 bytes
  init?(_ bytes: [UInt8]) {
    let start = bytes.prefix(256)
    func text(at offset: Int, _ text: String) -> Bool {
      start.dropFirst(offset).starts(with: text.utf8)
    }
    // A ZIP archive names its first member from byte 30 on; the length of the name is in bytes 26
    // and 27.
    let member =
      start.starts(with: [0x50, 0x4b, 3, 4]) && start.count > 30
      ? String(decoding: start[30...].prefix(Int(start[26])), as: UTF8.self) : nil
    let visible = start.drop { $0 <= 0x20 || [0xef, 0xbb, 0xbf].contains($0) }
    let words = String(decoding: visible.prefix(16), as: UTF8.self).lowercased()
    switch start {
    case _ where text(at: 0, "version https://git-lfs"): self = .gitPointer
    case _ where words.hasPrefix("<!doctype") || words.hasPrefix("<html"): self = .webPage
    case _ where text(at: 1, "HDF\r\n"): self = .hdf5
    case _ where text(at: 4, "TFL3"): self = .tensorFlowLite
    case _ where text(at: 4, "ORTM"): self = .onnxRuntime
    case _ where text(at: 8, "{\""): self = .safetensors
    // Protocol 2 to 5 of Python's pickle; torch.save begins so up to version 1.5.
    case _ where start.count > 2 && start[0] == 0x80 && (2...5).contains(start[1]): self = .pyTorch
    case _ where member.map { $0 == "metadata.json" || $0 == "config.json" } ?? false:
      self = .keras
    case _ where member.map { $0.contains("/") && !$0.hasSuffix("/") } ?? false: self = .pyTorch
    case _ where member != nil || start.starts(with: [0x1f, 0x8b]): self = .archive
    case _ where start.starts(with: [0xff, 0xd8, 0xff]) || text(at: 1, "PNG\r\n"): self = .picture
    // saved_model_schema_version = 1, and the first graph.
    case _ where start.starts(with: [8, 1, 0x12]): self = .savedModel
    default: return nil
    }
  }

  /// What people call it.
  public var name: String {
    switch self {
    case .pyTorch: "a file of PyTorch"
    case .safetensors: "safetensors, which hold weights without their network"
    case .keras, .hdf5: "a file of Keras"
    case .tensorFlowLite: "a file of TensorFlow Lite"
    case .savedModel: "a SavedModel of TensorFlow"
    case .onnxRuntime: "ONNX Runtime's own format"
    case .gitPointer: "a pointer of Git LFS, which stands for the file itself"
    case .webPage: "a web page"
    case .archive: "an archive"
    case .picture: "a picture"
    }
  }

  /// What to do to get an ONNX file.
  public var remedy: String {
    switch self {
    case .pyTorch:
      "convert it in Python, with the model loaded: "
        + "torch.onnx.export(model.eval(), torch.zeros(1, 3, 224, 224), \"model.onnx\")"
    case .safetensors:
      "convert it in Python: torch.onnx.export(timm.create_model(NAME, "
        + "checkpoint_path=\"model.safetensors\").eval(), torch.zeros(1, 3, 224, 224), "
        + "\"model.onnx\")"
    case .keras, .hdf5:
      "convert it in Python: keras.models.load_model(FILE).export(\"model.onnx\", format=\"onnx\")"
    case .tensorFlowLite:
      "convert it: python3 -m tf2onnx.convert --tflite FILE --output model.onnx"
    case .savedModel:
      "convert its folder: python3 -m tf2onnx.convert --saved-model FOLDER --output model.onnx"
    case .onnxRuntime: "use the ONNX file that it was made from"
    case .gitPointer: "fetch the file with: git lfs pull"
    case .webPage: "fetch the file that the page leads to, and not the page"
    case .archive: "unpack it, and give the .onnx file in it"
    case .picture: "--backbone takes a network as an ONNX file"
    }
  }
}
