import ZeroMQ

/// What a holder of a credential may do.
public enum Role: String, CaseIterable, Sendable {
  /// Work for runs, and look at them.
  case worker
  /// Look at runs, and nothing else.
  case status
}

/// Who may talk to this user's coordinators.
public struct Credential: Equatable, Sendable {
  /// From 1 to `nameBytesMax` letters, digits, `.`, `_` and `-`; unique in a store.
  public let name: String
  public let role: Role
  public let keys: CurveKeyPair
  /// Seconds since 1970.
  public let createdAt: Int64
  /// Seconds since 1970, from which on it is worthless; nil for never.
  public let expiresAt: Int64?

  public init(
    name: String, role: Role, keys: CurveKeyPair, createdAt: Int64, expiresAt: Int64?
  ) throws(AccessError) {
    guard Credential.isName(name) else {
      throw AccessError(
        .invalid,
        "a token's name has 1 to \(Credential.nameBytesMax) letters, digits, '.', '_' or '-'")
    }
    self.name = name
    self.role = role
    self.keys = keys
    self.createdAt = createdAt
    self.expiresAt = expiresAt
  }

  public static let nameBytesMax = 64

  public static func isName(_ text: String) -> Bool {
    (1...nameBytesMax).contains(text.utf8.count) && text.utf8.first != UInt8(ascii: "-")
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"),
          UInt8(ascii: "-"):
          true
        default: false
        }
      }
  }

  public func isExpired(at seconds: Int64) -> Bool { expiresAt.map { seconds >= $0 } ?? false }
}
