import Digest
import ZeroMQ

/// All that a worker or a monitor on another machine needs to talk to a coordinator: the public key
/// by which it knows the coordinator, and the secret key by which the coordinator knows it.
public struct Token: Equatable, Sendable {
  public let server: CurveKey
  public let keys: CurveKeyPair

  public init(server: CurveKey, keys: CurveKeyPair) {
    self.server = server
    self.keys = keys
  }

  /// `tl1_`, then the two keys and the first four bytes of their SHA-256 in base64url, so that a
  /// slip of the hand is told from a wrong key.
  public init(_ text: some StringProtocol) throws(AccessError) {
    let text = String(text).trimmingSpace()
    guard text.hasPrefix(Token.prefix) else {
      throw AccessError(
        .invalid,
        "that is no token: one begins with '\(Token.prefix)'; `tl-coord token show` has it")
    }
    guard let bytes = Base64URL.decode(text.dropFirst(Token.prefix.count)),
      bytes.count == 2 * CurveKey.byteCount + Token.checkByteCount,
      let server = CurveKey(bytes: bytes[..<CurveKey.byteCount]),
      let secret = CurveKey(bytes: bytes[CurveKey.byteCount..<2 * CurveKey.byteCount]),
      Token.check(server, secret) == Array(bytes.suffix(Token.checkByteCount))
    else {
      throw AccessError(
        .invalid, "the token is incomplete or mistyped; copy it again from `tl-coord token show`")
    }
    self.server = server
    do throws(ZeroMQError) { keys = try CurveKeyPair(secretKey: secret) } catch {
      throw AccessError(.invalid, error.description)
    }
  }

  /// As people pass it on. Whoever reads it may do what its holder may.
  public var text: String {
    Token.prefix
      + Base64URL.encode(
        server.bytes + keys.secretKey.bytes + Token.check(server, keys.secretKey))
  }

  private static let prefix = "tl1_"
  private static let checkByteCount = 4

  private static func check(_ server: CurveKey, _ secret: CurveKey) -> [UInt8] {
    Array(ContentDigest.sha256(server.bytes + secret.bytes).bytes.prefix(checkByteCount))
  }
}

/// RFC 4648, section 5, without padding.
enum Base64URL {
  private static let alphabet = Array(
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, bitCount): (UInt32, UInt32) = (0, 0)
    for byte in bytes {
      bits = bits << 8 | UInt32(byte)
      bitCount += 8
      while bitCount >= 6 {
        bitCount -= 6
        text.append(alphabet[Int(bits >> bitCount & 63)])
      }
      bits &= (1 << bitCount) - 1
    }
    if bitCount > 0 { text.append(alphabet[Int(bits << (6 - bitCount) & 63)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// Nil for other characters, and for bits that no byte's end leaves over.
  static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var bytes: [UInt8] = []
    var (bits, bitCount): (UInt32, UInt32) = (0, 0)
    for character in text.utf8 {
      guard let value = alphabet.firstIndex(of: character) else { return nil }
      bits = bits << 6 | UInt32(value)
      bitCount += 6
      guard bitCount >= 8 else { continue }
      bitCount -= 8
      bytes.append(UInt8(truncatingIfNeeded: bits >> bitCount))
      bits &= (1 << bitCount) - 1
    }
    return bitCount < 6 && bits == 0 ? bytes : nil
  }
}

extension String {
  fileprivate func trimmingSpace() -> String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
