import Digest
import Kernels

/// A backbone whose features consist of several depths, on a common scale: made once from some
/// photographs, kept and sent as an object, loaded by `Backbone`.
///
/// The object's layout, little-endian: the magic number, the version (UInt32), the depths (UInt32), the
/// means and the factors (each a list of float32), and the bytes of the backbone in float32 or int8. A
/// list begins with its length (UInt32).
public enum StandardizedBackbone {
  private static let magic: [UInt8] = Array("tl-depth".utf8)
  /// Rises whenever the layout changes, or the same backbone and images would give other bytes.
  ///
  /// 1: features had a mean of 0; its layout is the same, so that runs which began with it go on.
  public static let version: UInt32 = 2
  /// More than any MobileNet has.
  public static let depthsMax = 64

  /// - Parameters:
  ///   - object: the ONNX file, or what `QuantizedBackbone` made
  ///   - backbone: what these bytes are with that many depths
  ///   - images: pixels as `FeatureExtractor` takes them, at least one
  ///   - threads: how many compute
  /// - Returns: the object's bytes; the same backbone and images give the same
  /// - Throws: features that are no numbers
  public static func object(
    of object: [UInt8], _ backbone: Backbone, depths: Int, showing images: [[UInt8]],
    threads: Int = 1
  ) throws(MobileNetError) -> [UInt8] {
    precondition(!images.isEmpty && (1...depthsMax).contains(depths))
    let standardization = Standardization(of: backbone.features(of: images, threads: threads))
    guard standardization.isUsable else {
      throw .object(reason: "the backbone's features of the photographs are no numbers")
    }
    var writer = ByteWriter()
    writer.bytes += magic
    writer.write(version)
    writer.write(UInt32(depths))
    for values in [standardization.means, standardization.factors] {
      writer.write(UInt32(values.count))
      for value in values { writer.write(value) }
    }
    writer.bytes += object
    return writer.bytes
  }

  static func isObject(_ bytes: [UInt8]) -> Bool { bytes.starts(with: magic) }

  /// - Throws: `object`
  static func decode(
    _ bytes: [UInt8]
  ) throws(MobileNetError) -> (depths: Int, Standardization, backbone: [UInt8]) {
    var reader = ByteReader(bytes)
    _ = try reader.read(count: magic.count)
    let version = try reader.uint32()
    guard (1...Self.version).contains(version) else {
      throw .object(reason: "its version is \(version), this program reads 1 to \(Self.version)")
    }
    let depths = try reader.integer(1...depthsMax)
    let means = try reader.floats(count: try reader.count(max: featureCountMax))
    let factors = try reader.floats(count: try reader.count(max: featureCountMax))
    guard means.count == factors.count else { throw .object(reason: "a mean has no factor") }
    let standardization = Standardization(means: means, factors: factors)
    guard standardization.isUsable else { throw .object(reason: "its scales are no numbers") }
    return (depths, standardization, try reader.rest())
  }

  /// Far beyond any backbone.
  private static let featureCountMax = 1 << 20
}

extension Standardization {
  /// Whether every number is one.
  fileprivate var isUsable: Bool {
    means.allSatisfy(\.isFinite) && factors.allSatisfy { $0.isFinite && $0 > 0 }
  }
}
