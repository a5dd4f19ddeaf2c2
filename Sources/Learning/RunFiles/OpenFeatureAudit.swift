import Digest

/// Features in a checkpoint's past that were to be looked at twice and weren't yet.
public struct OpenFeatureAudit: Hashable, Sendable {
  /// The sample's place in the manifest, and the augmentation.
  public var sample: UInt32
  public var variant: UInt16
  /// The number of the worker that computed them.
  public var worker: UInt64
  /// SHA-256 of the features, float32 little-endian.
  public var digest: ContentDigest

  public init(sample: UInt32, variant: UInt16, worker: UInt64, digest: ContentDigest) {
    self.sample = sample
    self.variant = variant
    self.worker = worker
    self.digest = digest
  }

  /// More than that are left out: 4 MiB of a header.
  static let countMax = 32_768

  /// SAMPLE/VARIANT, the worker in 16 hexadecimal digits, the digest.
  var encoded: String { "\(sample)/\(variant) \(workerName(worker)) \(digest)" }

  init?(decoding text: some StringProtocol) {
    let parts = text.split(separator: " ")
    guard parts.count == 3 else { return nil }
    let place = parts[0].split(separator: "/")
    guard place.count == 2, let sample = UInt32(place[0]), let variant = UInt16(place[1]),
      let worker = RunFiles.worker(named: parts[1]), let digest = ContentDigest(hex: parts[2])
    else { return nil }
    self.init(sample: sample, variant: variant, worker: worker, digest: digest)
  }

  /// One a line.
  static func encoded(_ audits: [OpenFeatureAudit]) -> String {
    audits.prefix(countMax).map(\.encoded).joined(separator: "\n")
  }

  static func decoded(_ text: String) -> [OpenFeatureAudit]? {
    let lines = text.split(separator: "\n")
    let audits = lines.compactMap { OpenFeatureAudit(decoding: $0) }
    return audits.count == lines.count && audits.count <= countMax ? audits : nil
  }
}
