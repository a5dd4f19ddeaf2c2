import Kernels

/// What a layer gives for one image, before it is averaged.
public struct FeatureMap: Equatable, Sendable {
  /// The layer's name in the network.
  public let layer: String
  public let height: Int
  public let width: Int
  public let channels: Int
  /// Row-major [height × width × channels].
  public let values: [Float]

  public init(layer: String, height: Int, width: Int, channels: Int, values: [Float]) {
    precondition(values.count == height * width * channels)
    self.layer = layer
    (self.height, self.width, self.channels) = (height, width, channels)
    self.values = values
  }
}

/// A forward pass with what it came from.
public struct Sight: Sendable {
  public let features: [Float]
  /// The layers whose averages over their pixels are the features, in their order, on the features'
  /// scale: the mean of a channel is its feature but for rounding.
  public let averaged: [FeatureMap]
  /// The first layer, and one in the middle of the network whose pixels still show shapes. In int8 they
  /// are bytes as they are.
  public let layers: [FeatureMap]
}

extension Backbone {
  /// Whether every feature is the average of a layer over its pixels, so that it can be told what each
  /// place of a picture gave. A network with a hidden layer behind its pool has others.
  public var featuresAreAverages: Bool { outputs.allSatisfy { averagedLayer(of: $0) != nil } }

  /// The pooling layer that gives a tensor of features.
  fileprivate func averagedLayer(of output: TensorIndex) -> Int? {
    plan.network.layers.firstIndex { layer in
      if case .averagePool = layer.operation { layer.output == output } else { false }
    }
  }

  /// What the first layer gives, and the last depthwise one that has at least an eighth of the input's
  /// columns.
  fileprivate var exampleTensors: [TensorIndex] {
    let computed = Set(plan.commands.compactMap(\.layer))
    // Some layers are computed within others, and what they give lies nowhere.
    let images = plan.network.layers.indices.filter { index in
      let shape = plan.network.tensors[plan.network.layers[index].output]
      return computed.contains(index) && shape.height * shape.width > 1
    }
    guard let first = images.first else { return [] }
    let middle =
      images.last { index in
        let layer = plan.network.layers[index]
        guard case .depthwise = layer.operation else { return false }
        return plan.network.tensors[layer.output].width * 8 >= inputSize.width
      } ?? images[images.count / 2]
    return [first, middle].map { plan.network.layers[$0].output }
  }
}

extension Plan.Command {
  /// The layer whose output it computes.
  fileprivate var layer: Int? {
    switch self {
    case .layer(let index, _), .expandedLayer(let index, _): index
    case .input, .clearPadding: nil
    }
  }

  fileprivate var rows: Range<Int> {
    switch self {
    case .layer(_, let rows), .expandedLayer(_, let rows), .input(let rows): rows
    case .clearPadding: 0..<0
    }
  }
}

extension FeatureExtractor {
  /// Computes the features of one image and keeps what they came from.
  ///
  /// - Parameter pixels: height x width x 3 bytes, as for `features`
  public mutating func look(pixels: Span<UInt8>) -> Sight {
    let plan = backbone.plan
    let pools = backbone.outputs.compactMap { backbone.averagedLayer(of: $0) }
    let averaged = pools.map { plan.network.layers[$0].inputs[0] }
    let examples = backbone.exampleTensors
    var kept = Dictionary(
      (averaged + examples).map { tensor in
        let shape = plan.network.tensors[tensor]
        return (
          tensor, [Float](repeating: 0, count: shape.height * shape.width * shape.channels)
        )
      }, uniquingKeysWith: { first, _ in first })
    var features = [Float](repeating: 0, count: backbone.featureCount)
    var output = features.mutableSpan
    self.features(pixels: pixels, into: &output) { extractor, command in
      guard let layer = command.layer else { return }
      let tensor = plan.network.layers[layer].output
      guard kept[tensor] != nil else { return }
      // Rows of a ring are overwritten soon.
      for row in command.rows { extractor.copy(row, of: tensor, to: &kept[tensor]!) }
    }
    func map(_ tensor: TensorIndex, _ values: [Float]) -> FeatureMap {
      let shape = plan.network.tensors[tensor]
      let name = plan.network.layers.first { $0.output == tensor }?.name ?? "input"
      return FeatureMap(
        layer: name, height: shape.height, width: shape.width, channels: shape.channels,
        values: values)
    }
    var first = 0
    let maps = zip(pools, averaged).map { pool, tensor in
      let values = backbone.onFeatureScale(kept[tensor] ?? [], pool: pool, first: first)
      first += plan.network.tensors[tensor].channels
      return map(tensor, values)
    }
    return Sight(
      features: features, averaged: pools.count == backbone.outputs.count ? maps : [],
      layers: examples.map { map($0, kept[$0] ?? []) })
  }

  private func copy(_ row: Int, of tensor: TensorIndex, to values: inout [Float]) {
    let buffer = backbone.plan.buffers[tensor]
    let (width, channels) = (buffer.shape.width, buffer.shape.channels)
    let start = buffer.pixels(row).offset
    let isBytes = backbone.precision == .int8 && !backbone.plan.network.pooledTensors[tensor]
    var span = values.mutableSpan
    for pixel in 0..<width {
      let first = (row * width + pixel) * channels
      let places = first..<first + channels
      let offset = start + pixel * buffer.pixelStride
      if isBytes {
        arena.load(bytesAt: offset, into: &span, places)
      } else {
        arena.load(
          at: offset * backbone.precision.elementByteCount / 4, into: &span, places)
      }
    }
  }
}

extension Backbone {
  /// The values of a layer so that the mean of each channel is its feature.
  ///
  /// - Parameters:
  ///   - pool: the layer that averages them
  ///   - first: the place of the first channel's feature
  fileprivate func onFeatureScale(_ values: [Float], pool: Int, first: Int) -> [Float] {
    let shape = plan.network.tensors[plan.network.layers[pool].inputs[0]]
    let (channels, pixels) = (shape.channels, Float(shape.height * shape.width))
    // Of bytes the pool gives (sum − offset) · scale.
    var (zero, scale) = (Float(0), Float(1))
    if precision == .int8, !plan.network.pooledTensors[plan.network.layers[pool].inputs[0]] {
      zero = Float(quantizedLayers[pool].poolOffset) / pixels
      scale = quantizedLayers[pool].poolScale * pixels
    }
    return values.enumerated().map { place, value in
      let feature = first + place % channels
      let number = (value - zero) * scale
      guard let standardization else { return number }
      return (number - standardization.means[feature]) * standardization.factors[feature]
    }
  }
}
