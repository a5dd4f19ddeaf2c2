import Kernels

extension Draft {
  /// The network that computes `result`: steps that nobody needs for it are left out, and maps and
  /// activations are folded into the layers that they follow, where nothing else reads those.
  ///
  /// - Returns: the network with its classifier, if it has one, or else with features of one pixel;
  ///   and the map that the graph applies to its input before everything else
  func network(
    giving result: TensorIndex
  ) throws(MobileNetError) -> (network: Network, inputMap: ChannelMap?) {
    var steps = needed(for: result)
    let inputMap = Self.takeInputMap(&steps)
    var layers: [FoldedLayer] = []
    for step in Self.folding(steps, result, tensorCount: tensors.count) {
      layers.append(step)
    }
    var network = Network(tensors: tensors, layers: [])
    for layer in layers { network.layers.append(try layer.finished(channels: tensors)) }
    network.mergeBranches()
    let readers = network.layers.filter { $0.reads.contains(0) }
    guard readers.count == 1, case .convolution = readers[0].operation else {
      throw .notAClassifier(reason: "its input has to go into one convolution, and nowhere else")
    }
    network.findClassifier(result)
    return (network, inputMap)
  }

  /// The steps that the result depends on.
  private func needed(for result: TensorIndex) -> [Step] {
    var wanted: Set<TensorIndex> = [result]
    var kept: [Step] = []
    for step in steps.reversed() where wanted.contains(step.output) {
      wanted.formUnion(step.inputs)
      kept.append(step)
    }
    return kept.reversed()
  }

  /// Takes the maps away that stand between the input and everything else.
  private static func takeInputMap(_ steps: inout [Step]) -> ChannelMap? {
    var found: ChannelMap?
    while true {
      let readers = steps.indices.filter { steps[$0].inputs.contains(0) }
      guard readers.count == 1, case .map(let map) = steps[readers[0]].operation else {
        return found
      }
      found = found?.then(map) ?? map
      let output = steps.remove(at: readers[0]).output
      for index in steps.indices {
        steps[index].inputs = steps[index].inputs.map { $0 == output ? 0 : $0 }
      }
    }
  }

  private static func folding(
    _ steps: [Step], _ result: TensorIndex, tensorCount: Int
  ) -> [FoldedLayer] {
    var readerCounts = [Int](repeating: 0, count: tensorCount)
    for step in steps { for tensor in step.inputs { readerCounts[tensor] += 1 } }
    readerCounts[result] += 1
    var layers: [FoldedLayer] = []
    var makers = [Int?](repeating: nil, count: tensorCount)
    for step in steps {
      if let maker = makers[step.inputs[0]], readerCounts[step.inputs[0]] == 1,
        layers[maker].take(step)
      {
        makers[step.output] = maker
      } else {
        makers[step.output] = layers.count
        layers.append(FoldedLayer(step))
      }
    }
    return layers
  }
}

/// A layer with the steps that were folded into it.
private struct FoldedLayer {
  private var step: Draft.Step
  /// Of a convolution or of a map on its own.
  private var map: ChannelMap?
  private var activation = Activation.none

  init(_ step: Draft.Step) {
    self.step = step
    switch step.operation {
    case .map(let map): self.map = map
    case .activation(let activation): self.activation = activation
    default: break
    }
  }

  /// Takes in a step that alone reads this layer; false where that isn't possible.
  mutating func take(_ next: Draft.Step) -> Bool {
    guard activation == .none else { return false }
    switch (next.operation, step.operation) {
    case (.map(let other), .convolution), (.map(let other), .map):
      map = map?.then(other) ?? other
    case (.activation(let other), .convolution), (.activation(let other), .map),
      (.activation(let other), .combine):
      activation = other
    default: return false
    }
    step.output = next.output
    return true
  }

  func finished(channels shapes: [Shape]) throws(MobileNetError) -> Layer {
    let operation: Layer.Operation
    switch step.operation {
    case .convolution(var convolution, let isDepthwise):
      if let map { try convolution.fold(map, name: step.name) }
      convolution.activation = activation
      operation = isDepthwise ? .depthwise(convolution) : .convolution(convolution)
    case .averagePool: operation = .averagePool
    case .combine(let binary): operation = .combine(binary, activation)
    case .concatenate: operation = .concatenate
    case .map, .activation:
      // On its own: each channel times its factor, as a depthwise kernel of one tap.
      let channels = shapes[step.output].channels
      var convolution = Convolution(
        inputs: channels, outputs: channels, kernelHeight: 1, kernelWidth: 1, stride: 1,
        padTop: 0, padLeft: 0, weights: Array(repeating: 1, count: channels),
        bias: Array(repeating: 0, count: channels))
      if let map { try convolution.fold(map, name: step.name) }
      convolution.activation = activation
      operation = .depthwise(convolution)
    }
    return Layer(name: step.name, operation: operation, inputs: step.inputs, output: step.output)
  }
}

extension Convolution {
  /// w · factor and b · factor + term, each computed in Double and rounded once.
  fileprivate mutating func fold(_ map: ChannelMap, name: String) throws(MobileNetError) {
    let perOutput = weights.count / outputs
    for place in weights.indices {
      weights[place] = Float(Double(weights[place]) * map.factors[place / perOutput])
    }
    for channel in bias.indices {
      bias[channel] = Float(Double(bias[channel]) * map.factors[channel] + map.terms[channel])
    }
    guard weights.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite) else {
      throw .unsupported(
        node: "'\(name)'", reason: "with what follows it, its weights aren't finite")
    }
  }
}

extension Network {
  /// Notes whether the last layer is a linear classifier on one pixel. Where it isn't, the result is
  /// the features, or their mean where they are an image of features.
  fileprivate mutating func findClassifier(_ result: TensorIndex) {
    let shape = tensors[result]
    if let last = layers.last, case .convolution(let classifier) = last.operation,
      classifier.activation == .none, classifier.kernelHeight == 1, classifier.kernelWidth == 1,
      shape.height == 1, shape.width == 1, last.inputs != [0]
    {
      hasClassifier = true
    } else if shape.height > 1 || shape.width > 1 {
      tensors.append(Shape(height: 1, width: 1, channels: shape.channels))
      layers.append(
        Layer(
          name: "mean of the output", operation: .averagePool, inputs: [result],
          output: tensors.count - 1))
    }
  }
}
