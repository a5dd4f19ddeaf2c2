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
}
