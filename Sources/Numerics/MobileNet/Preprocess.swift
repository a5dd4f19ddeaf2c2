import ONNX

/// How a photograph's bytes become the network's input.
public enum Preprocess: String, CaseIterable, Sendable {
  /// x / 127.5 − 1, as TensorFlow's MobileNets want it.
  case inception
  /// (x / 255 − mean) / deviation for each channel, as PyTorch's torchvision wants it.
  case imagenet

  /// The input value of every byte, for red, green and blue: 3 x 256 values.
  var table: [Float] {
    (0..<3).flatMap { channel in
      (0..<256).map { byte in
        switch self {
        case .inception: Float(byte) / 127.5 - 1
        case .imagenet:
          (Float(byte) / 255 - Float(Self.mean[channel])) / Float(Self.deviation[channel])
        }
      }
    }
  }

  /// What the text under `preprocess` in a model's metadata means, nil if it is unknown.
  init?(metadata text: String) {
    if let named = Preprocess(rawValue: text) {
      self = named
      return
    }
    let dense = text.filter { $0 != " " }
    if dense.contains("x/127.5-1") {
      self = .inception
    } else if dense.contains("0.485"), dense.contains("0.229") {
      self = .imagenet
    } else {
      return nil
    }
  }
  /// How a file's classifier wants its input: as the graph's own first nodes do it, which are left
  /// out then, or as asked, or as the metadata say.
  ///
  /// - Throws: when nothing says it, or the graph does otherwise
  init(
    of model: OnnxModel, _ inputMap: ChannelMap?, asked: Preprocess?
  ) throws(MobileNetError) {
    guard let inputMap else {
      guard
        let known = asked ?? model.metadata("preprocess").flatMap(Preprocess.init(metadata:))
      else { throw .preprocessUnknown(usual: Preprocess(producer: model.producerName)) }
      self = known
      return
    }
    guard let own = Preprocess.allCases.first(where: { $0.equals(inputMap) }) else {
      throw .notAClassifier(
        reason: "it changes its input by x * \(inputMap.factors) + \(inputMap.terms) first; "
          + "supported is what --preprocess inception or imagenet do")
    }
    if let asked, asked != own { throw .preprocessBuiltIn(own) }
    self = own
  }

  /// What classifiers of the program that wrote a file mostly want; nil if it is unknown.
  private init?(producer: String) {
    switch producer.lowercased() {
    case let name where name.contains("pytorch"): self = .imagenet
    case let name where name.contains("tf2onnx") || name.contains("keras"): self = .inception
    default: return nil
    }
  }

  /// Whether a graph does the same to bytes, or to bytes divided by 255.
  private func equals(_ map: ChannelMap) -> Bool {
    [1, 1.0 / 255].contains { unit in
      map.factors.indices.allSatisfy { channel in
        let (factor, zero) = affine(channel: channel)
        return abs(map.factors[channel] * unit / factor - 1) < 1e-3
          && abs(map.terms[channel] + factor * zero) < 1e-3
      }
    }
  }
}
