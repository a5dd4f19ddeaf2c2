import Digest
import ZeroMQ

/// What a coordinator says of itself to everybody in the local network, beside a name and where it
/// listens: the strings of its text record (RFC 6763, section 6).
///
/// It is no more than what a machine that has a token needs to find the right one; whether it is the
/// right one is decided by the keys alone.
public struct CoordinatorRecord: Equatable, Sendable {
  /// The type of the service.
  public static let serviceType = "_tl-coord._tcp"

  /// Of the wire protocol; nil where none is told.
  public let protocolVersion: UInt32?
  /// By which those who have a token know the coordinator; nil where none is told.
  public let key: KeyFingerprint?

  public init(protocolVersion: UInt32?, key: KeyFingerprint?) {
    self.protocolVersion = protocolVersion
    self.key = key
  }

  /// Reads a text record. What it doesn't know, or can't read, is passed over: a later version may say
  /// more, and whoever says nonsense isn't joined for it.
  ///
  /// - Parameter text: strings of `name=value`, each after a byte with its length. Names are the same
  ///   in capitals, and the first of a name counts.
  public init(text: [UInt8]) {
    var values: [String: String] = [:]
    var rest = text[...]
    while let length = rest.popFirst(), rest.count >= Int(length) {
      let string = rest.prefix(Int(length))
      rest = rest.dropFirst(Int(length))
      guard let equals = string.firstIndex(of: UInt8(ascii: "=")), equals > string.startIndex
      else { continue }
      let name = String(decoding: string[..<equals], as: UTF8.self).lowercased()
      let value = String(decoding: string[string.index(after: equals)...], as: UTF8.self)
      if values[name] == nil { values[name] = value }
    }
    protocolVersion = values[CoordinatorRecord.protocolName].flatMap { UInt32($0) }
    key = values[CoordinatorRecord.keyName].flatMap { KeyFingerprint($0) }
  }

  /// Its strings, as they are announced.
  public var strings: [String] {
    [
      protocolVersion.map { "\(CoordinatorRecord.protocolName)=\($0)" },
      key.map { "\(CoordinatorRecord.keyName)=\($0)" },
    ].compactMap(\.self)
  }

  private static let protocolName = "protocol"
  private static let keyName = "key"
}

/// The beginning of the SHA-256 of a coordinator's public key: enough to tell which of those that are
/// found is meant. Who imitates it gains nothing, because a token has the whole key.
public struct KeyFingerprint: Hashable, Sendable, CustomStringConvertible {
  /// 16 lowercase hexadecimal digits.
  public let description: String

  private static let byteCount = 8

  public init(_ key: CurveKey) {
    let digest = "\(ContentDigest.sha256(key.bytes))"
    description = String(digest.prefix(2 * KeyFingerprint.byteCount))
  }

  /// Nil unless the text is one.
  public init?(_ text: String) {
    guard text.utf8.count == 2 * KeyFingerprint.byteCount,
      text.utf8.allSatisfy({ 48...57 ~= $0 || 97...102 ~= $0 })
    else { return nil }
    description = text
  }
}
