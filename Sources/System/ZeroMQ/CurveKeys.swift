import CZeroMQ

/// A public or secret key of CurveZMQ (rfc.zeromq.org/spec/26): a point or a scalar of Curve25519.
public struct CurveKey: Hashable, Sendable {
  public static let byteCount = 32

  /// `byteCount` of them.
  public let bytes: [UInt8]

  /// Nil unless there are `byteCount` bytes.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == CurveKey.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// From the text that the library writes: Z85, 40 characters.
  fileprivate init(z85 text: UnsafePointer<CChar>) {
    bytes = unsafe [UInt8](unsafeUninitializedCapacity: CurveKey.byteCount) { buffer, count in
      // Safe: 40 characters make 32 bytes.
      let end = unsafe zmq_z85_decode(buffer.baseAddress, text)
      precondition(unsafe end != nil, "the library writes what it reads")
      count = CurveKey.byteCount
    }
  }

  /// With the zero at its end, as the library reads it.
  fileprivate var z85: [CChar] {
    unsafe [CChar](unsafeUninitializedCapacity: CurveKey.textByteCount) { buffer, count in
      // Safe: 32 bytes make 40 characters and a zero.
      unsafe bytes.withUnsafeBufferPointer { bytes in
        _ = unsafe zmq_z85_encode(buffer.baseAddress, bytes.baseAddress, bytes.count)
      }
      count = CurveKey.textByteCount
    }
  }

  fileprivate static let textByteCount = 41
}

/// What proves an identity: a secret key, and the public key by which others know it.
public struct CurveKeyPair: Hashable, Sendable {
  public let publicKey: CurveKey
  public let secretKey: CurveKey

  /// The pair to which a secret key belongs.
  ///
  /// - Throws: where the library was built without CURVE.
  public init(secretKey: CurveKey) throws(ZeroMQError) {
    var text = [CChar](repeating: 0, count: CurveKey.textByteCount)
    guard unsafe zmq_curve_public(&text, secretKey.z85) == 0 else {
      throw .last("make a key for")
    }
    publicKey = unsafe CurveKey(z85: text)
    self.secretKey = secretKey
  }

  /// A new pair, from the system's random numbers.
  ///
  /// - Throws: where the library was built without CURVE.
  public static func generate() throws(ZeroMQError) -> CurveKeyPair {
    var publicText = [CChar](repeating: 0, count: CurveKey.textByteCount)
    var secretText = publicText
    guard unsafe zmq_curve_keypair(&publicText, &secretText) == 0 else {
      throw .last("make keys for")
    }
    return unsafe CurveKeyPair(
      publicKey: CurveKey(z85: publicText), secretKey: CurveKey(z85: secretText))
  }

  private init(publicKey: CurveKey, secretKey: CurveKey) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }
}

extension Socket {
  /// Encrypts what is bound from now on, and lets in only whom the `AccessResponder` of this context
  /// admits. What was bound before stays as it is.
  public func requireCurve(secretKey: CurveKey, domain: String) throws(ZeroMQError) {
    try set(ZMQ_CURVE_SERVER, Int32(1))
    try set(ZMQ_CURVE_SECRETKEY, bytes: secretKey.bytes)
    try require(domain: domain)
  }

  /// Lets in unencrypted, to what is bound from now on, whom the `AccessResponder` of this context
  /// admits.
  public func requireAdmission(domain: String) throws(ZeroMQError) {
    try set(ZMQ_CURVE_SERVER, Int32(0))
    try require(domain: domain)
  }

  /// Has the responder asked, and nobody let in while there is none: without a domain the library
  /// then lets in everybody.
  private func require(domain: String) throws(ZeroMQError) {
    try set(ZMQ_ZAP_DOMAIN, bytes: Array(domain.utf8))
    try set(ZMQ_ZAP_ENFORCE_DOMAIN, Int32(1))
  }

  /// Speaks only to who holds the secret key of `server`, as who holds `own`.
  public func useCurve(server: CurveKey, own: CurveKeyPair) throws(ZeroMQError) {
    try set(ZMQ_CURVE_SERVERKEY, bytes: server.bytes)
    try set(ZMQ_CURVE_PUBLICKEY, bytes: own.publicKey.bytes)
    try set(ZMQ_CURVE_SECRETKEY, bytes: own.secretKey.bytes)
  }
}
