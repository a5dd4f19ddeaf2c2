import Digest
import Images
import Manifest
import MobileNet

/// The photographs that a backbone may take its ranges and scales from, in the order in which they are
/// tried: a choice that depends neither on names nor on a seed, so that the same photographs give the
/// same backbone. Those of a test set are left aside.
struct CalibrationSet: Sendable {
  /// Photographs that the ranges are taken from. More of them change the ranges little and cost a
  /// float32 pass each.
  static let countMax = 64

  /// By digest, each content once, however many names it has.
  let candidates: [Manifest.Entry]

  init(_ manifest: Manifest) {
    var candidates: [Manifest.Entry] = []
    for entry in manifest.entries.filter({ $0.part != .test }).sorted(by: { $0.digest < $1.digest })
    where entry.digest != candidates.last?.digest {
      candidates.append(entry)
    }
    self.candidates = candidates
  }

  /// What a prepared backbone follows from, where the first `triedCount` candidates were tried, of which
  /// some may be undecodable.
  ///
  /// - Parameter recipe: what is made of it.
  func key(_ float32: Backbone, _ recipe: String, triedCount: Int) -> ContentDigest {
    var hash = SHA256()
    hash.update(
      Array(
        """
        prepared \(QuantizedBackbone.version) \(StandardizedBackbone.version) \
        \(Preprocessing.version) \(float32.preprocess) \(recipe)

        """.utf8))
    hash.update(float32.digest.bytes)
    for entry in candidates.prefix(triedCount) { hash.update(entry.digest.bytes) }
    return hash.finish()
  }
}
