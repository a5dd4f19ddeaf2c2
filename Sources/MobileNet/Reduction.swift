extension Network {
  /// The network without layers whose output nobody needs for `result`, which becomes the last
  /// layer's output.
  ///
  /// - Throws: `notAClassifier` unless the last layer is a linear classifier
  func reduced(to result: TensorIndex) throws(MobileNetError) -> Network {
    var needed: Set<TensorIndex> = [result]
    var kept: [Layer] = []
    for layer in layers.reversed() where needed.contains(layer.output) {
      needed.formUnion(layer.reads)
      kept.append(layer)
    }
    kept.reverse()
    guard needed.contains(0), let last = kept.last, last.output == result,
      case .convolution(let classifier) = last.operation, classifier.activation == .none,
      classifier.kernelHeight == 1, classifier.kernelWidth == 1, tensors[result].height == 1,
      tensors[result].width == 1, last.inputs != [0]
    else {
      throw .notAClassifier(
        reason: "its last layer isn't a linear one (Gemm, MatMul or 1x1 convolution) on one pixel")
    }
    return Network(tensors: tensors, layers: kept)
  }

  /// The features: what the classifier, the last layer, reads.
  var features: TensorIndex { layers[layers.count - 1].inputs[0] }
}
