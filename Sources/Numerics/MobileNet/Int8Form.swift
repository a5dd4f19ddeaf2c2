import Kernels

/// How a network runs in int8: most of it on bytes, and what follows a pool in float32.
///
/// What is pooled is one pixel, a hundredth of the work or so: the layers between the last pool and the
/// features, whose precision the head gets, and those that make the gates of squeeze-and-excitation.
extension Network {
  /// Whether each tensor holds float32 numbers in int8: what a pool gives, and what follows from that
  /// alone.
  var pooledTensors: [Bool] {
    var result = [Bool](repeating: false, count: tensors.count)
    for layer in layers {
      result[layer.output] =
        if case .averagePool = layer.operation { true } else {
          layer.reads.allSatisfy { result[$0] }
        }
    }
    return result
  }

  /// The same network, where every layer on bytes whose activation a table has gives its sums to a
  /// tensor that calibration looks at.
  var withSumsOfTables: Network {
    var network = self
    let pooled = pooledTensors
    for (index, layer) in layers.enumerated()
    where !pooled[layer.output] && layer.residual == nil && layer.activation.needsTable {
      network.layers[index].sum = network.tensors.count
      network.tensors.append(tensors[layer.output])
    }
    return network
  }

  /// The network with residual additions, and activations of which tables are made, as layers of their
  /// own.
  var unfused: Network {
    var network = self
    network.layers = layers.flatMap { layer -> [Layer] in
      guard let sum = layer.sum else { return [layer] }
      var first = layer
      first.residual = nil
      first.sum = nil
      first.output = sum
      guard let residual = layer.residual else {
        first.activation = .none
        return [first, layer.activationAlone(of: sum, channels: tensors[sum].channels)]
      }
      return [
        first,
        Layer(
          name: layer.name, operation: .combine(.add, .none), inputs: [sum, residual],
          output: layer.output),
      ]
    }
    return network
  }

  /// Why the network can't run in int8; nil if it can.
  var int8Obstacle: MobileNetError? {
    let pooled = pooledTensors
    for layer in layers where !pooled[layer.output] {
      if layer.residual != nil, layer.activation.needsTable {
        return layer.refusedInt8("its activation precedes a sum")
      }
      switch layer.operation {
      case .convolution(let c), .depthwise(let c):
        // The sum of 255 · 127 products stays below 2³¹.
        let taps = c.weights.count / c.outputs
        if taps > 66_000 { return layer.refusedInt8("its sums of \(taps) terms could overflow") }
      case .averagePool: break
      case .combine(.multiply, _):
        let gate = tensors[layer.inputs[1]]
        guard !pooled[layer.inputs[0]], pooled[layer.inputs[1]], gate.height == 1, gate.width == 1
        else { return layer.refusedInt8("it multiplies two images") }
        continue
      case .combine(.add, _), .concatenate: break
      }
      if layer.reads.contains(where: { pooled[$0] }) {
        return layer.refusedInt8("it takes what is pooled and what isn't")
      }
    }
    if outputs.contains(where: { !pooled[$0] }) {
      return layers[layers.count - 1].refusedInt8("the features have to be pooled")
    }
    return nil
  }
}

extension Layer {
  /// What happens to its sums; nothing where there are none.
  var activation: Activation {
    get {
      switch operation {
      case .convolution(let c), .depthwise(let c): c.activation
      case .combine(_, let activation): activation
      case .averagePool, .concatenate: .none
      }
    }
    set {
      switch operation {
      case .convolution(var c):
        c.activation = newValue
        operation = .convolution(c)
      case .depthwise(var c):
        c.activation = newValue
        operation = .depthwise(c)
      case .combine(let binary, _): operation = .combine(binary, newValue)
      case .averagePool, .concatenate: preconditionFailure("it has no activation")
      }
    }
  }

  /// Its activation alone, which turns a tensor into its output.
  fileprivate func activationAlone(of tensor: TensorIndex, channels: Int) -> Layer {
    Layer(
      name: name,
      operation: .depthwise(
        Convolution(
          inputs: channels, outputs: channels, kernelHeight: 1, kernelWidth: 1, stride: 1,
          padTop: 0, padLeft: 0, weights: Array(repeating: 1, count: channels),
          bias: Array(repeating: 0, count: channels), activation: activation)),
      inputs: [tensor], output: output)
  }

  fileprivate func refusedInt8(_ reason: String) -> MobileNetError {
    .unsupported(node: "'\(name)'", reason: "\(reason); use --precision fp32")
  }
}

extension Activation {
  /// Whether bytes need a table for it: a clip at 0 comes by itself, as bytes end there.
  var needsTable: Bool {
    if case .clip(let low, let high) = self, low == 0 || self == .none, high > low {
      false
    } else {
      true
    }
  }

  /// The numbers between which it isn't constant, or nearly so.
  private var domain: (low: Float, high: Float) {
    switch self {
    case .clip(let low, let high): (low, high)
    case .hardSwish: (-3, .infinity)
    case .hardSigmoid(let alpha, let beta):
      alpha == 0 || !(beta / alpha).isFinite || !(1 / alpha).isFinite
        ? (-.infinity, .infinity)
        : (min(-beta / alpha, (1 - beta) / alpha), max(-beta / alpha, (1 - beta) / alpha))
    // Beyond it they are nearer to 0, x or 1 than bytes tell.
    case .swish: (-10, .infinity)
    case .sigmoid: (-8, 8)
    }
  }

  /// The bytes for sums that were seen between two numbers.
  func sumScale(low: Float, high: Float) -> ByteScale {
    ByteScale(low: max(low, domain.low), high: min(high, domain.high))
  }

  /// f(x), within a rounding of what the kernels compute.
  private func value(_ x: Double) -> Double {
    switch self {
    case .clip(let low, let high): min(max(x, Double(low)), Double(high))
    case .hardSwish: x * min(max(x + 3, 0), 6) / 6
    case .hardSigmoid(let alpha, let beta): min(max(Double(alpha) * x + Double(beta), 0), 1)
    case .swish: x / (1 + exponential(-x))
    case .sigmoid: 1 / (1 + exponential(-x))
    }
  }

  /// Which byte of the output belongs to each byte of the sums.
  func table(from sums: ByteScale, to outputs: ByteScale) -> [UInt8] {
    (0..<256).map { byte in
      let x = Double(byte - Int(sums.zero)) * Double(sums.scale)
      let y = (value(x) / Double(outputs.scale)).rounded(.toNearestOrEven) + Double(outputs.zero)
      return UInt8(min(max(y, 0), 255))
    }
  }
}

/// e^x, nearer than bytes tell for x from −200 to 20: by additions and multiplications alone, which give the
/// same everywhere, while libraries differ in the last place.
private func exponential(_ x: Double) -> Double {
  let small = x / 1024
  var (term, sum) = (1.0, 1.0)
  for n in 1...8 {
    term *= small / Double(n)
    sum += term
  }
  for _ in 0..<10 { sum *= sum }
  return sum
}
