import Files
import Glibc
import ZeroMQ

/// The keys of one user's coordinators and of those who may talk to them, in files that only this
/// user may read: `server.key`, and `credentials`, one a line. They outlive runs, so that a token
/// that was handed out once is good for the next run as well.
public struct CredentialStore: Sendable {
  public let folder: String

  /// The credential that is made with the store, and that the join line carries.
  public static let defaultName = "workers"

  /// More than anybody hands out; it bounds what is searched when somebody connects.
  public static let credentialsMax = 4_096

  public init(_ environment: [String: String]) {
    folder = "\(StateFolder.path(environment))/access"
  }

  private var keyPath: String { "\(folder)/server.key" }
  var credentialsPath: String { "\(folder)/credentials" }

  /// The coordinator's keys, made on first use.
  public func serverKeys() throws(AccessError) -> CurveKeyPair {
    try locked { () throws(AccessError) in
      if let (bytes, _) = try PrivateFile.read(keyPath) {
        let text = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
        guard text.count == 1, let key = CurveKey(hex: text[0]) else {
          throw AccessError(
            .unsafeFile, "\(keyPath) is damaged; remove it, and hand out new tokens")
        }
        return try keyPair(key)
      }
      let keys = try generateKeys()
      try PrivateFile.write(Array((keys.secretKey.hex + "\n").utf8), to: keyPath)
      return keys
    }
  }

  /// All of them, in the order in which they were made; the default one is made on first use.
  public func credentials() throws(AccessError) -> [Credential] {
    try locked { () throws(AccessError) in
      if let list = try read() { return list.credentials }
      let first = try Credential(
        name: CredentialStore.defaultName, role: .worker, keys: try generateKeys(),
        createdAt: now(), expiresAt: nil)
      try write([first])
      return [first]
    }
  }

  /// Those that are there, and the version of the file; nil before the first is made.
  func read() throws(AccessError) -> (credentials: [Credential], version: PrivateFile.Version)? {
    guard let (bytes, version) = try PrivateFile.read(credentialsPath) else { return nil }
    var credentials: [Credential] = []
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(whereSeparator: \.isNewline)
    for (place, line) in lines.enumerated() where !line.hasPrefix("#") {
      guard let credential = CredentialStore.credential(line) else {
        throw AccessError(
          .unsafeFile,
          "\(credentialsPath):\(place + 1) is no credential; remove the line, or the file and hand "
            + "out new tokens")
      }
      credentials.append(credential)
    }
    return (credentials, version)
  }

  /// Changes the list; nothing is written where `change` throws.
  public func update(
    _ change: (inout [Credential]) throws(AccessError) -> Void
  ) throws(AccessError) {
    _ = try credentials()
    try locked { () throws(AccessError) in
      var credentials = try read()?.credentials ?? []
      try change(&credentials)
      guard credentials.count <= CredentialStore.credentialsMax else {
        throw AccessError(
          .invalid, "there are \(CredentialStore.credentialsMax) tokens already; revoke some")
      }
      try write(credentials)
    }
  }

  private func write(_ credentials: [Credential]) throws(AccessError) {
    let header = "# Who may talk to this user's coordinators. Change it with `tl-coord token`.\n"
    let lines = credentials.map { credential in
      let expiry = credential.expiresAt.map(String.init) ?? "never"
      return "\(credential.name) \(credential.role.rawValue) \(credential.keys.secretKey.hex) "
        + "\(credential.createdAt) \(expiry)\n"
    }
    try PrivateFile.write(Array((header + lines.joined()).utf8), to: credentialsPath)
  }

  private static func credential(_ line: Substring) -> Credential? {
    let fields = line.split(separator: " ")
    guard fields.count == 5, let role = Role(rawValue: String(fields[1])),
      let secret = CurveKey(hex: fields[2]), let keys = try? CurveKeyPair(secretKey: secret),
      let createdAt = Int64(fields[3])
    else { return nil }
    let expiresAt = Int64(fields[4])
    guard expiresAt != nil || fields[4] == "never" else { return nil }
    return try? Credential(
      name: String(fields[0]), role: role, keys: keys, createdAt: createdAt, expiresAt: expiresAt)
  }

  /// One command at a time reads and writes.
  private func locked<Result>(
    _ body: () throws(AccessError) -> Result
  ) throws(AccessError) -> Result {
    try StateFolder.makePrivate(folder)
    let path = "\(folder)/lock"
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw AccessError(.inputOutput, "cannot open \(SystemError.last(path))")
    }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else {
        throw AccessError(.inputOutput, "cannot lock \(SystemError.last(path))")
      }
    }
    return try body()
  }
}

/// Seconds since 1970.
public func now() -> Int64 { Int64(time(nil)) }

/// New keys.
public func generateKeys() throws(AccessError) -> CurveKeyPair {
  do throws(ZeroMQError) { return try .generate() } catch {
    throw AccessError(.inputOutput, error.description)
  }
}

private func keyPair(_ secretKey: CurveKey) throws(AccessError) -> CurveKeyPair {
  do throws(ZeroMQError) { return try CurveKeyPair(secretKey: secretKey) } catch {
    throw AccessError(.inputOutput, error.description)
  }
}

extension CurveKey {
  fileprivate var hex: String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0\(digits)" : digits
    }.joined()
  }

  fileprivate init?(hex text: Substring) {
    let digits = Array(text.utf8)
    guard digits.count == 2 * CurveKey.byteCount else { return nil }
    var bytes: [UInt8] = []
    for place in stride(from: 0, to: digits.count, by: 2) {
      guard let high = nibble(digits[place]), let low = nibble(digits[place + 1]) else {
        return nil
      }
      bytes.append(high << 4 | low)
    }
    self.init(bytes: bytes)
  }
}

private func nibble(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  default: nil
  }
}
