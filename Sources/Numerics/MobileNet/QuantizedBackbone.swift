import Digest
import Kernels

/// A backbone in int8: calibrated once, kept and sent as an object, loaded by `Backbone`.
public enum QuantizedBackbone {
  /// Rises whenever the same backbone and images would give other bytes than before.
  public static let version = 2

  /// Quantizes a float32 backbone.
  ///
  /// ReLU6 outputs have their fixed range; the ranges of linear layers are what the images show. The
  /// same backbone and images give the same bytes.
  ///
  /// - Parameters:
  ///   - backbone: in float32, without its classifier
  ///   - images: pixels as `FeatureExtractor` takes them, at least one; 64 are plenty
  ///   - threads: how many compute
  /// - Returns: the object's bytes
  /// - Throws: a network that can't run in int8
  public static func object(
    quantizing backbone: Backbone, calibratingOn images: [[UInt8]], threads: Int = 1
  ) throws(MobileNetError) -> [UInt8] {
    precondition(backbone.precision == .float32 && !images.isEmpty)
    var calibration = try Calibration(backbone)
    calibration.observe(images, threads: threads)
    var quantized = QuantizedNetwork(
      source: backbone.digest, preprocess: backbone.preprocess,
      network: calibration.network, quantization: try calibration.quantization())
    // Whatever is wrong shows here and not on every worker.
    let result = try Backbone(object: quantized.encoded(), kernels: backbone.kernels)
    if quantized.isOfVersion1 { return quantized.encoded() }
    quantized.noise = FeatureNoise(of: result, beside: backbone, images, threads: threads).ratio
    return quantized.encoded()
  }
}

extension Backbone {
  /// Reads a backbone of any kind: an ONNX file, which runs in float32, the object that
  /// `QuantizedBackbone` makes, which runs in int8, or either of them in one of `StandardizedBackbone`.
  ///
  /// - Parameters:
  ///   - preprocess: how photographs become input; nil takes what the bytes say, and an int8 object
  ///     always says it
  ///   - kernels: the variant of the kernels
  /// - Throws: bytes that are neither, or can't be used
  public init(
    object bytes: [UInt8], preprocess: Preprocess? = nil, kernels: KernelTable = .best
  ) throws(MobileNetError) {
    guard StandardizedBackbone.isObject(bytes) else {
      try self.init(plain: bytes, preprocess: preprocess, depths: 1, kernels: kernels)
      return
    }
    let (depths, standardization, inner) = try StandardizedBackbone.decode(bytes)
    let backbone = try Backbone(
      plain: inner, preprocess: preprocess, depths: depths, kernels: kernels)
    guard backbone.featureCount == standardization.count else {
      throw .object(
        reason: "it scales \(standardization.count) features of \(backbone.featureCount)")
    }
    self = backbone.standardized(standardization, digest: .sha256(bytes))
  }

  /// SHA-256 of the ONNX file that such bytes were made from: two backbones of the same network may have
  /// other ranges and scales, but not another one.
  ///
  /// - Throws: bytes that can't be read
  public static func networkDigest(of bytes: [UInt8]) throws(MobileNetError) -> ContentDigest {
    let inner =
      StandardizedBackbone.isObject(bytes) ? try StandardizedBackbone.decode(bytes).backbone : bytes
    return QuantizedNetwork.isObject(inner)
      ? try QuantizedNetwork(decoding: inner).source : .sha256(inner)
  }

  /// - Parameter depths: of an ONNX file; an int8 object has its own.
  private init(
    plain bytes: [UInt8], preprocess: Preprocess?, depths: Int, kernels: KernelTable
  ) throws(MobileNetError) {
    guard QuantizedNetwork.isObject(bytes) else {
      try self.init(onnx: bytes, preprocess: preprocess, depths: depths, kernels: kernels)
      return
    }
    let quantized = try QuantizedNetwork(decoding: bytes)
    if let preprocess, preprocess != quantized.preprocess {
      throw .object(
        reason: "it was quantized for --preprocess \(quantized.preprocess.rawValue)")
    }
    try self.init(
      network: quantized.network, quantization: quantized.quantization, digest: .sha256(bytes),
      preprocess: quantized.preprocess, kernels: kernels)
    if !quantized.isOfVersion1 { int8Noise = quantized.noise }
  }
}

/// A network with its quantization, as it is kept in an object.
struct QuantizedNetwork: Sendable {
  /// The digest of the ONNX file that it was made from.
  var source: ContentDigest
  var preprocess: Preprocess
  var network: Network
  var quantization: Quantization
  /// See `Backbone.int8Noise`.
  var noise: Float = 0
}
