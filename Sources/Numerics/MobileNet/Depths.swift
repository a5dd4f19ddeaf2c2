/// What a network has seen on its way: beside its own features the averages of its last depthwise
/// layers, over their pixels.
///
/// Early layers know of colours and textures, late ones of the classes that the network was trained
/// on. A linear head on both serves photographs of other classes better, for no further forward pass:
/// the measurements are in docs/BENCHMARKS.md.
extension Network {
  /// Lets the features consist of the network's own and of the averages of the last `count - 1`
  /// depthwise layers, or of as many as there are.
  mutating func addDepths(_ count: Int) {
    let depthwise = layers.indices.filter { index in
      guard case .depthwise = layers[index].operation else { return false }
      return isTapped(index)
    }
    // From the back, so that what is yet to come keeps its index.
    for index in depthwise.suffix(max(count, 1) - 1).reversed() {
      let tensor = layers[index].output
      let average = tensors.count
      tensors.append(Shape(height: 1, width: 1, channels: tensors[tensor].channels))
      layers.insert(
        Layer(
          name: "\(layers[index].name), average", operation: .averagePool, inputs: [tensor],
          output: average),
        at: index + 1)
    }
  }

  /// Whether the average of a layer says something that the features don't: not that of the layer which
  /// the network itself averages.
  private func isTapped(_ index: Int) -> Bool {
    let tensor = layers[index].output
    return !layers.contains { layer in
      if case .averagePool = layer.operation { layer.inputs[0] == tensor } else { false }
    }
  }

  /// The tensors whose values are the features, one after the other: what the last layer gives, then
  /// what others give and no layer reads.
  var outputs: [TensorIndex] {
    let readers = readerCounts
    let last = layers[layers.count - 1].output
    return [last] + layers.map(\.output).filter { $0 != last && readers[$0] == 0 }
  }
}
