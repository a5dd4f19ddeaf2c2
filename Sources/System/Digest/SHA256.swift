import CCrypto

/// SHA-256 (FIPS 180-4) of bytes that arrive in pieces, computed by libcrypto with the processor's
/// SHA instructions where it has them.
@safe public struct SHA256: ~Copyable {
  private let context: OpaquePointer

  // Fetched once: libcrypto otherwise looks the algorithm up at every start of a digest. The
  // pointer is to an immutable, reference-counted description that is never freed.
  nonisolated(unsafe) private static let algorithm: OpaquePointer = {
    guard let algorithm = unsafe EVP_MD_fetch(nil, "SHA256", nil) else {
      fatalError("libcrypto has no SHA-256: its provider configuration excludes it")
    }
    return unsafe algorithm
  }()

  public init() {
    // Both calls fail only when memory is exhausted.
    guard let context = unsafe EVP_MD_CTX_new(),
      unsafe EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1
    else { fatalError("libcrypto could not start a SHA-256") }
    unsafe self.context = context
  }

  deinit { unsafe EVP_MD_CTX_free(context) }

  public mutating func update(_ bytes: RawSpan) {
    // The pointer is read during the call only, and libcrypto reads no further than the count.
    unsafe bytes.withUnsafeBytes { buffer in
      let done = unsafe EVP_DigestUpdate(context, buffer.baseAddress, buffer.count)
      precondition(done == 1, "libcrypto could not continue a SHA-256")
    }
  }

  public mutating func update(_ bytes: [UInt8]) {
    // Every bit pattern of a UInt8 is a value, so its raw bytes are as safe to read as itself.
    unsafe update(bytes.span.bytes)
  }

  public consuming func finish() -> ContentDigest {
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: ContentDigest.byteCount) {
      buffer, count in
      // EVP_sha256 writes exactly 32 bytes.
      let done = unsafe EVP_DigestFinal_ex(context, buffer.baseAddress, nil)
      precondition(done == 1, "libcrypto could not finish a SHA-256")
      count = ContentDigest.byteCount
    }
    guard let digest = ContentDigest(bytes: bytes) else { fatalError("a SHA-256 has 32 bytes") }
    return digest
  }
}

extension ContentDigest {
  public static func sha256(_ bytes: [UInt8]) -> ContentDigest {
    unsafe sha256(bytes.span.bytes)
  }

  public static func sha256(_ bytes: RawSpan) -> ContentDigest {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }
}
