import COnnxMessages
import Protobuf

/// Where a tensor's data lie when they aren't in the model's file: `TensorProto.external_data`.
struct ExternalData {
  private let tensor: String
  /// The file's path from the model's folder. It never leads out of that: a model from elsewhere has
  /// no business in other folders.
  private let file: String
  private let offset: Int
  /// Nil for the rest of the file.
  private let length: Int?

  /// - Throws: `externalData` for anything but a path downwards and numbers
  init(_ message: Tl__Onnx__Tensor, name: String) throws(OnnxError) {
    tensor = name
    var entries: [String: String] = [:]
    _ = try unsafe mapMessages(message.external_data, count: message.n_external_data) {
      (entry) throws(OnnxError) in
      entries[try unsafe text(entry.key, "key of external data")] = try unsafe text(
        entry.value, "external data")
    }
    // By bytes: as a Character, a slash that an accent follows is another than a slash.
    let steps = (entries["location"] ?? "").utf8
      .split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }.filter { $0 != "." }
    guard !steps.isEmpty, steps.allSatisfy({ !$0.isEmpty && $0 != ".." }),
      let offset = Int(entries["offset"] ?? "0"), offset >= 0
    else { throw .externalData(tensor: name) }
    let location = steps.joined(separator: "/")
    let length = entries["length"].map { Int($0) ?? -1 }
    guard length ?? 0 >= 0 else { throw .externalData(tensor: name) }
    (file, self.offset, self.length) = (location, offset, length)
  }

  /// - Throws: `externalData` where the file is missing or too short
  func bytes(of externalFile: (String) -> [UInt8]?) throws(OnnxError) -> ArraySlice<UInt8> {
    guard let bytes = externalFile(file), offset <= bytes.count,
      length ?? 0 <= bytes.count - offset
    else { throw .externalData(tensor: tensor) }
    return bytes[offset..<offset + (length ?? bytes.count - offset)]
  }
}
