import ONNX

// What a file says of its input: in its graph, or in its metadata.
extension Preprocess {
  /// How a file's classifier wants its input: as the graph's own first nodes do it, which are left
  /// out then, or as asked, or as the metadata say.
  ///
  /// - Parameter inputMap: what the graph does to its input before everything else
  /// - Throws: when nothing says it, or the graph does otherwise
  init(
    of model: OnnxModel, _ inputMap: ChannelMap?, asked: Preprocess?
  ) throws(MobileNetError) {
    if let inputMap, !inputMap.isIdentity {
      if let own = Preprocess(builtIn: inputMap) {
        if let asked, asked != own { throw .preprocessBuiltIn(own) }
        self = own
        return
      }
      // No way from bytes to input, so one precedes it.
      guard let outer = asked ?? Preprocess(metadata: model) else {
        throw .preprocessUnknown(usual: Preprocess(producer: model.producerName))
      }
      guard let composed = outer.followed(by: inputMap) else {
        throw .notAClassifier(
          reason:
            "it changes its input by x * \(inputMap.factors) + \(inputMap.terms) first, which "
            + "with --preprocess \(outer.rawValue) isn't a mean and deviation of pixels")
      }
      self = composed
      return
    }
    guard let known = asked ?? Preprocess(metadata: model) else {
      throw .preprocessUnknown(usual: Preprocess(producer: model.producerName))
    }
    self = known
  }

  /// What classifiers of the program that wrote a file mostly want; nil if it is unknown.
  private init?(producer: String) {
    switch producer.lowercased() {
    case let name where name.contains("pytorch"): self = .imagenet
    case let name where name.contains("tf2onnx") || name.contains("keras"): self = .inception
    default: return nil
    }
  }

  /// What a graph does to bytes, or to bytes divided by 255; nil for a map that can't be the whole way
  /// from a photograph to what networks want: numbers of about −5 to 5, or bytes less their mean.
  private init?(builtIn map: ChannelMap) {
    let isOfBytes = map.factors.allSatisfy { $0 < 0.1 }
    let isMeanOfBytes =
      map.factors.allSatisfy { abs($0 - 1) < 1e-6 } && map.terms.contains { $0 < -Scaling.limit }
    let unit = isOfBytes || isMeanOfBytes ? 255.0 : 1
    guard map.factors.allSatisfy({ $0 > 0 }),
      let scaling = Scaling(
        mean: zip(map.terms, map.factors).map { -$0 / $1 / unit },
        deviation: map.factors.map { 1 / ($0 * unit) }),
      scaling.mean.allSatisfy({ (-0.05...1.05).contains($0) }),
      isMeanOfBytes || scaling.deviation.allSatisfy({ (0.1...1.05).contains($0) })
    else { return nil }
    self.init(scaling, tolerance: 1e-3)
  }

  /// This, and then what a graph does.
  private func followed(by map: ChannelMap) -> Preprocess? {
    let own = scaling
    guard map.factors.allSatisfy({ $0 > 0 }),
      let both = Scaling(
        mean: (0..<3).map { own.mean[$0] - map.terms[$0] / map.factors[$0] * own.deviation[$0] },
        deviation: (0..<3).map { own.deviation[$0] / map.factors[$0] })
    else { return nil }
    return Preprocess(both, tolerance: 1e-9)
  }

  /// What a model's metadata say; nil where they don't.
  private init?(metadata model: OnnxModel) {
    if let text = model.metadata("preprocess"), let named = Preprocess(described: text) {
      self = named
    } else if let mean = Self.list(model.metadata("mean")),
      let deviation = Self.list(model.metadata("std")),
      let read = Preprocess(rawValue: "\(mean)/\(deviation)")
    {
      self = read
    } else if ["", "Rgb8"].contains(model.metadata("Image.BitmapPixelFormat") ?? ""),
      let range = model.metadata("Image.NominalPixelRange"), let read = Self.nominalRanges[range]
    {
      self = read
    } else {
      return nil
    }
  }

  /// Of the ONNX specification (MetadataProps.md).
  private static let nominalRanges: [String: Preprocess] = [
    "NominalRange_0_255": .raw, "Normalized_0_1": .unit, "Normalized_1_1": .inception,
  ]

  /// What the text under `preprocess` means.
  private init?(described text: String) {
    if let known = Preprocess(rawValue: text) {
      self = known
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

  /// Numbers in brackets or without, between commas or spaces, as `rawValue` has them.
  private static func list(_ text: String?) -> String? {
    guard let text, text.utf8.count <= 200 else { return nil }
    return text.split { "[](), ".contains($0) }.joined(separator: ",")
  }
}

extension ChannelMap {
  fileprivate var isIdentity: Bool {
    factors.allSatisfy { abs($0 - 1) < 1e-9 } && terms.allSatisfy { abs($0) < 1e-9 }
  }
}
