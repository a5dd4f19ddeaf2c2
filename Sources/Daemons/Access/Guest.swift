/// As whom somebody was let in, as the gate tells it to the sockets.
public enum Guest: Hashable, Sendable {
  /// A process of this user on this machine, by the kernel's word.
  case local
  /// Who holds the key of a credential. Of the key there is a part, so that a renewed credential is
  /// another guest.
  case holder(name: String, role: Role, keyPrefix: String)

  init(_ credential: Credential) {
    self = .holder(
      name: credential.name, role: credential.role,
      keyPrefix: Base64URL.encode(Array(credential.keys.publicKey.bytes.prefix(9))))
  }

  /// From `Message.userID`; nil for what no gate has said.
  public init?(_ text: String) {
    let parts = text.split(separator: " ", omittingEmptySubsequences: false)
    switch parts.count {
    case 1 where parts[0] == Guest.localText: self = .local
    case 3:
      guard let role = Role(rawValue: String(parts[0])) else { return nil }
      self = .holder(name: String(parts[1]), role: role, keyPrefix: String(parts[2]))
    default: return nil
    }
  }

  private static let localText = "local"

  /// From 1 to 255 bytes.
  public var text: String {
    switch self {
    case .local: Guest.localText
    case .holder(let name, let role, let keyPrefix): "\(role.rawValue) \(name) \(keyPrefix)"
    }
  }

  public var role: Role {
    switch self {
    case .local: .worker
    case .holder(_, let role, _): role
    }
  }
}
