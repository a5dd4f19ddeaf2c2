import Digest

/// A row of features as it lies in the store, with what proves that it is what was put there.
struct FeatureRow: Equatable {
  /// Float32, little-endian, [features].
  let bytes: [UInt8]
  /// The number of the worker that computed it.
  let worker: UInt64
  /// The first half of SHA-256 over key, worker and bytes: a row that was moved to another key, or lost
  /// a bit, has another.
  let check: [UInt8]

  static let checkByteCount = 16

  init(_ features: [Float], key: FeatureKey, worker: UInt64) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(4 * features.count)
    for value in features {
      let bits = value.bitPattern
      bytes.append(UInt8(truncatingIfNeeded: bits))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 8))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 16))
      bytes.append(UInt8(truncatingIfNeeded: bits >> 24))
    }
    self.bytes = bytes
    self.worker = worker
    check = Self.check(bytes, key, worker)
  }

  init(bytes: [UInt8], worker: UInt64, check: [UInt8]) {
    self.bytes = bytes
    self.worker = worker
    self.check = check
  }

  /// The features, or nil where the row isn't what was put under this key.
  func features(key: FeatureKey) -> [Float]? {
    guard bytes.count.isMultiple(of: 4), check == Self.check(bytes, key, worker) else { return nil }
    return (0..<bytes.count / 4).map { index in
      let bits =
        UInt32(bytes[4 * index]) | UInt32(bytes[4 * index + 1]) << 8
        | UInt32(bytes[4 * index + 2]) << 16 | UInt32(bytes[4 * index + 3]) << 24
      return Float(bitPattern: bits)
    }
  }

  private static func check(_ bytes: [UInt8], _ key: FeatureKey, _ worker: UInt64) -> [UInt8] {
    var hash = SHA256()
    hash.update(key.digest.bytes)
    hash.update((0..<8).map { UInt8(truncatingIfNeeded: worker >> (8 * UInt64($0))) })
    hash.update(bytes)
    return Array(hash.finish().bytes.prefix(checkByteCount))
  }
}
