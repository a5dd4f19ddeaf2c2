import Kernels

/// The extent of a tensor of one sample.
struct Shape: Hashable, Sendable {
  var height: Int
  var width: Int
  var channels: Int
}

/// The place of a tensor in a network's list.
typealias TensorIndex = Int

/// A convolution, dense or depthwise; a fully connected layer is a dense one of 1x1.
struct Convolution: Sendable {
  /// Input channels; of a depthwise convolution the channels altogether.
  var inputs: Int
  var outputs: Int
  var kernelHeight: Int
  var kernelWidth: Int
  /// In pixels, both ways.
  var stride: Int
  var padTop: Int
  var padLeft: Int
  /// [output][input][ky][kx]; depthwise [channel][ky][kx].
  var weights: [Float]
  var bias: [Float]
  var activation = Activation.none

  /// Input pixels that the whole output touches in one direction.
  func reach(_ output: Int, kernel: Int) -> Int { (output - 1) * stride + kernel }
}

/// One operation of the lowered graph.
struct Layer: Sendable {
  enum Operation: Sendable {
    case convolution(Convolution)
    case depthwise(Convolution)
    case averagePool
    /// `b` has the shape of `a`, or is 1x1 and holds for every pixel.
    case combine(KernelTable.Binary, Activation)
    /// The channels of all inputs, one after the other.
    case concatenate
  }

  /// The name of the node that it came from.
  var name: String
  var operation: Operation
  /// What it reads: one tensor, two for `combine`, or some for `concatenate`.
  var inputs: [TensorIndex]
  /// Added to a convolution's activated output.
  var residual: TensorIndex?
  /// What it gives before the residual is added, or in int8 before a table has its activation; it
  /// exists only in calibration.
  var sum: TensorIndex?
  var output: TensorIndex

  /// All tensors that it reads.
  var reads: [TensorIndex] { inputs + (residual.map { [$0] } ?? []) }
}

/// A classifier, or what gives its features, as a list of layers in the order of their execution: what remains of an ONNX graph
/// once constants, batch normalizations and activations are folded into convolutions.
struct Network: Sendable {
  /// Tensor 0 is the input.
  var tensors: [Shape]
  var layers: [Layer]
  /// Whether the last layer is a linear classifier.
  var hasClassifier = false

  /// The number of layers and residuals that read each tensor.
  var readerCounts: [Int] {
    var counts = [Int](repeating: 0, count: tensors.count)
    for layer in layers { for tensor in layer.reads { counts[tensor] += 1 } }
    return counts
  }

  /// Multiply-adds of a forward pass.
  var multiplyAddCount: Int { layers.reduce(0) { $0 + multiplyAddCount($1) } }

  func multiplyAddCount(_ layer: Layer) -> Int {
    let shape = tensors[layer.output]
    return switch layer.operation {
    case .convolution(let c):
      shape.height * shape.width * c.outputs * c.inputs * c.kernelHeight * c.kernelWidth
    case .depthwise(let c): shape.height * shape.width * c.outputs * c.kernelHeight * c.kernelWidth
    case .averagePool, .combine, .concatenate: 0
    }
  }

  /// Adds a residual within the convolution that precedes it, where nothing else reads the
  /// convolution's output: the same additions with one pass over memory less.
  mutating func fuseResiduals() {
    let counts = readerCounts
    var fused: [Layer] = []
    for layer in layers {
      guard case .combine(.add, .none) = layer.operation, let last = fused.last,
        case .convolution = last.operation, last.residual == nil, counts[last.output] == 1,
        layer.inputs.contains(last.output), layer.inputs[0] != layer.inputs[1],
        let other = layer.inputs.first(where: { $0 != last.output }),
        tensors[other] == tensors[last.output]
      else {
        fused.append(layer)
        continue
      }
      fused[fused.count - 1].residual = other
      fused[fused.count - 1].sum = last.output
      fused[fused.count - 1].output = layer.output
    }
    layers = fused
  }
}
