import Digest
import Kernels
import ONNX

/// A frozen network up to its last classifier layer: loaded, folded, packed, and shared by all
/// threads.
public struct Backbone: Sendable {
  /// SHA-256 of the file or object that it was made from.
  public private(set) var digest: ContentDigest
  /// Whether it computes in float32 or int8.
  public var precision: Precision { plan.precision }
  /// The extent of the input image in pixels.
  public let inputSize: (height: Int, width: Int)
  /// How many numbers `FeatureExtractor` gives: the features, or the logits with `keepClassifier`.
  public let featureCount: Int
  /// How a photograph's bytes become the network's input.
  public let preprocess: Preprocess
  /// The instruction set of its kernels; results don't depend on it.
  public var instructionSet: InstructionSet { kernels.instructionSet }
  /// Multiply-adds of one forward pass.
  public var multiplyAddCount: Int { plan.network.multiplyAddCount }

  /// In int8 with activations from tables or gates: how far its features are from float32's on the
  /// photographs that it was calibrated on, as a part of their deviation. Nil for networks of ReLUs, in
  /// which int8 is known to serve.
  public internal(set) var int8Noise: Float?

  /// How features are brought to a common scale; nil leaves them as they are.
  private(set) var standardization: Standardization?

  let kernels: KernelTable
  let plan: Plan
  /// Whose values are the features, one after the other.
  let outputs: [TensorIndex]
  let weights: PackedWeights
  /// The float32 kernels' calls, and those of each of the plan's commands: of all layers in float32, of
  /// what follows a pool in int8.
  let calls: [Float32Call]
  let callRanges: [Range<Int>]
  /// In int8: what each layer needs.
  let quantizedLayers: [QuantizedLayer]
  /// In float32: the input value of every byte, for red, green and blue.
  let byteValues: [Float]

  /// Reads a classifier from an ONNX file, to run in float32. In a file without its classifier, what
  /// comes out is the features; where that is an image, their mean over its pixels.
  ///
  /// - Parameters:
  ///   - bytes: the file
  ///   - keepClassifier: whether to keep the last layer, which gives logits instead of features
  ///   - preprocess: how photographs become input; nil takes what the graph itself does to its input
  ///     or the file's metadata say
  ///   - depths: of how many depths the features consist: 1 is the network's own alone, and each
  ///     further one the average of one more of its last depthwise layers
  ///   - kernels: the variant of the kernels
  /// - Throws: a file that can't be read, isn't a classifier, or holds an operation that isn't
  ///   supported
  public init(
    onnx bytes: [UInt8], keepClassifier: Bool = false, preprocess: Preprocess? = nil,
    depths: Int = 1, kernels: KernelTable = .best
  ) throws(MobileNetError) {
    let model: OnnxModel
    do { model = try OnnxModel(decoding: bytes) } catch { throw .file(error) }
    var (network, inputMap) = try GraphReader.network(of: model)
    guard network.hasClassifier || !keepClassifier else {
      throw .notAClassifier(reason: "it ends with features and has no classifier of its own")
    }
    if network.hasClassifier, !keepClassifier { network.layers.removeLast() }
    guard !network.layers.isEmpty else {
      throw .notAClassifier(reason: "nothing precedes its classifier")
    }
    network.fuseResiduals()
    network.addDepths(depths)
    let preprocess = try Preprocess(of: model, inputMap, asked: preprocess)
    let plan = Plan(network)
    try plan.checkSize()
    self.init(plan: plan, digest: .sha256(bytes), preprocess: preprocess, kernels: kernels)
  }

  /// The bytes of an ONNX file together with what it keeps in files beside it, and with a size of the
  /// input where it leaves that free.
  ///
  /// - Parameters:
  ///   - inputSize: height and width in pixels; nil keeps what the file says
  ///   - externalFile: gives a file beside it by its name; nil where there is none
  /// - Returns: the same bytes where it keeps nothing elsewhere and says the size itself
  /// - Throws: a file that can't be read, is missing, or has another size
  public static func selfContained(
    onnx bytes: [UInt8], inputSize: Int? = nil, externalFile: (_ name: String) -> [UInt8]?
  ) throws(MobileNetError) -> [UInt8] {
    func checked<Result>(_ work: () throws(OnnxError) -> Result) throws(MobileNetError) -> Result {
      do { return try work() } catch { throw .file(error) }
    }
    let whole = try checked { () throws(OnnxError) in
      try OnnxModel.selfContained(bytes, externalFile: externalFile)
    }
    guard let inputSize else { return whole }
    var model = try checked { () throws(OnnxError) in try OnnxModel(decoding: whole) }
    guard try ImageInput(of: model).fix(side: inputSize, in: &model) else { return whole }
    return try checked { () throws(OnnxError) in try model.encodedIfWhole() }
  }

  /// A float32 backbone.
  private init(
    plan: Plan, digest: ContentDigest, preprocess: Preprocess, kernels: KernelTable
  ) {
    self.digest = digest
    self.preprocess = preprocess
    self.kernels = kernels
    self.plan = plan
    outputs = plan.network.outputs
    (inputSize, featureCount) = (plan.inputSize, plan.featureCount)
    byteValues = preprocess.table
    var offsets: [Int] = []
    var packed: [Float] = []
    for layer in plan.network.layers {
      offsets.append(packed.count)
      packed += layer.packed
    }
    (calls, callRanges) = plan.float32Calls { offsets[$0] }
    quantizedLayers = []
    weights = PackedWeights(packed)
  }

  /// An int8 backbone.
  ///
  /// - Throws: a quantization that doesn't fit the network
  init(
    network: Network, quantization: Quantization, digest: ContentDigest, preprocess: Preprocess,
    kernels: KernelTable
  ) throws(MobileNetError) {
    self.digest = digest
    self.preprocess = preprocess
    self.kernels = kernels
    plan = Plan(
      network, precision: .int8,
      expansions: network.expansions(quantization, kernels: kernels),
      // The input's zero is no byte: there the biases of the borders do without padding.
      paddingBytes: network.tensors.indices.map { tensor in
        tensor == 0 ? 0 : quantization.tensors[tensor]?.zero ?? 0
      })
    try plan.checkSize()
    outputs = plan.network.outputs
    (inputSize, featureCount) = (plan.inputSize, plan.featureCount)
    byteValues = []
    let packer = try Int8Packer(network, quantization, preprocess, plan.expansions)
    quantizedLayers = packer.layers
    weights = PackedWeights(bytes: packer.bytes)
    (calls, callRanges) = plan.float32Calls { packer.layers[$0].float32 }
  }

  /// The same backbone, made from other bytes, with its features brought to a common scale.
  func standardized(_ standardization: Standardization, digest: ContentDigest) -> Backbone {
    precondition(standardization.count == featureCount)
    var backbone = self
    backbone.standardization = standardization
    backbone.digest = digest
    return backbone
  }

  /// The network's own features as it gave them: without averages of earlier layers, before they came to
  /// a common scale.
  ///
  /// - Parameter features: what `FeatureExtractor` gives
  public func ownFeatures(_ features: [Float]) -> [Float] {
    precondition(features.count == featureCount)
    let own = features.prefix(ownFeatureCount)
    guard let standardization else { return Array(own) }
    return own.indices.map { own[$0] / standardization.factors[$0] + standardization.means[$0] }
  }

  public var ownFeatureCount: Int { plan.network.tensors[outputs[0]].channels }

  /// The same float32 backbone on a network whose layers stand alone.
  func unfused(_ network: Network) -> Backbone {
    Backbone(
      plan: Plan(network, fuses: false), digest: digest, preprocess: preprocess, kernels: kernels)
  }

  /// A layer in words, and its multiply-adds, with the expansion that is computed with it: for
  /// benchmarks.
  package func layer(_ index: Int) -> (name: String, kind: String, multiplyAddCount: Int) {
    let layer = plan.network.layers[index]
    if plan.expansions.contains(index - 1) {
      let first = plan.network.layers[index - 1]
      let (x, y) = (plan.network.tensors[first.inputs[0]], plan.network.tensors[layer.output])
      return (
        "\(first.name), \(layer.name)",
        "expanded depthwise \(x.height)x\(x.width)x\(x.channels) to "
          + "\(y.height)x\(y.width)x\(y.channels)",
        plan.network.multiplyAddCount(first) + plan.network.multiplyAddCount(layer)
      )
    }
    let (x, y) = (plan.buffers[layer.inputs[0]].shape, plan.buffers[layer.output].shape)
    let size = "\(x.height)x\(x.width)x\(x.channels) to \(y.height)x\(y.width)x\(y.channels)"
    let kind =
      switch layer.operation {
      case .convolution(let c): "convolution \(c.kernelHeight)x\(c.kernelWidth)"
      case .depthwise(let c): "depthwise \(c.kernelHeight)x\(c.kernelWidth)"
      case .averagePool: "average pool"
      case .combine: "combine"
      case .concatenate: "concatenate"
      }
    return (layer.name, "\(kind) \(size)", plan.network.multiplyAddCount(layer))
  }

  /// Bytes of working memory that every thread's `FeatureExtractor` takes.
  public var arenaByteCount: Int { plan.arenaByteCount }

  /// The most working memory that a backbone may ask for. A few kilobytes of a file can describe
  /// layers of terabytes; MobileNets need some ten megabytes.
  public static let arenaByteCountMax = 1 << 30
}

extension Plan {
  fileprivate var arenaByteCount: Int { elementCount * precision.elementByteCount }

  fileprivate func checkSize() throws(MobileNetError) {
    guard arenaByteCount <= Backbone.arenaByteCountMax else {
      throw .workingMemory(byteCount: arenaByteCount)
    }
  }

  /// The calls of the layers that run in float32, and which of them belong to each command.
  ///
  /// - Parameter packed: where a layer's float32 weights begin, nil where it runs in int8
  fileprivate func float32Calls(
    packed: (_ layer: Int) -> Int?
  ) -> (calls: [Float32Call], ranges: [Range<Int>]) {
    var calls: [Float32Call] = []
    let plan = inFloats
    let ranges = commands.map { command in
      let first = calls.count
      if case .layer(let index, let rows) = command, let packed = packed(index) {
        calls += Float32Call.calls(plan, layer: index, rows: rows, packed: packed)
      }
      return first..<calls.count
    }
    return (calls, ranges)
  }

  fileprivate var inputSize: (height: Int, width: Int) {
    (network.tensors[0].height, network.tensors[0].width)
  }

  fileprivate var featureCount: Int {
    network.outputs.reduce(0) { $0 + network.tensors[$1].channels }
  }
}

extension Layer {
  /// The weights as the float32 kernels read them.
  var packed: [Float] {
    switch operation {
    case .convolution(let c):
      let perPixel = c.kernelHeight * c.kernelWidth
      // The sum runs over (ky, kx, input), the file's weights over (input, ky, kx).
      return Packing.convolution(
        outputs: c.outputs, taps: perPixel * c.inputs, bias: c.bias
      ) { output, tap in
        c.weights[(output * c.inputs + tap % c.inputs) * perPixel + tap / c.inputs]
      }
    case .depthwise(let c):
      let taps = c.kernelHeight * c.kernelWidth
      return Packing.depthwise(channels: c.outputs, taps: taps, bias: c.bias) { channel, tap in
        c.weights[channel * taps + tap]
      }
    case .averagePool, .combine, .concatenate: return []
    }
  }
}
