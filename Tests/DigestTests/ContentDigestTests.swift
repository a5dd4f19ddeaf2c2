import Digest
import Glibc
import Testing

struct ContentDigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `SHA-256 answers the vectors of FIPS 180`(text: String, hex: String) {
    #expect(ContentDigest.sha256(Array(text.utf8)).description == hex)
  }

  @Test func `SHA-256 answers the vector of a million letters`() {
    let digest = ContentDigest.sha256([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
    let hex = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(digest.description == hex)
  }

  @Test func `bytes that arrive in pieces have the digest of the whole`() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
    for pieceSize in [1, 3, 63, 64, 65, 999, 1000] {
      var hash = SHA256()
      for start in stride(from: 0, to: bytes.count, by: pieceSize) {
        hash.update(Array(bytes[start..<min(start + pieceSize, bytes.count)]))
      }
      #expect(hash.finish() == ContentDigest.sha256(bytes))
    }
  }

  @Test func `bytes and hexadecimal digits lead back to the same digest`() throws {
    let digest = ContentDigest.sha256([1, 2, 3])
    #expect(ContentDigest(bytes: digest.bytes) == digest)
    #expect(ContentDigest(hex: digest.description) == digest)
    #expect(ContentDigest(hex: digest.description.uppercased()) == digest)
  }

  @Test(arguments: [
    "", "00", String(repeating: "0", count: 63), String(repeating: "0", count: 65),
    String(repeating: "0", count: 63) + "g", String(repeating: " ", count: 64),
    String(repeating: "é", count: 32),
  ])
  func `what is not 64 hexadecimal digits is no digest`(text: String) {
    #expect(ContentDigest(hex: text) == nil)
  }

  @Test func `31 and 33 bytes are no digest`() {
    #expect(ContentDigest(bytes: [UInt8](repeating: 0, count: 31)) == nil)
    #expect(ContentDigest(bytes: [UInt8](repeating: 0, count: 33)) == nil)
  }

  @Test func `digests are ordered as their bytes are`() {
    var random = SplitMix64(state: 1)
    let digests = (0..<100).map { _ in
      ContentDigest.sha256([UInt8(truncatingIfNeeded: random.next())])
    }
    let byBytes = digests.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
    #expect(digests.sorted() == byBytes)
  }

  @Test func `a file has the digest of its bytes`() throws {
    let path = "/tmp/tl-digest-\(getpid())"
    let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 * 31 >> 3) }
    let descriptor = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o600)
    try #require(descriptor >= 0)
    defer { unlink(path) }
    #expect(bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == bytes.count)
    close(descriptor)
    let (digest, byteCount) = try ContentDigest.sha256(fileAt: path)
    #expect(digest == ContentDigest.sha256(bytes))
    #expect(byteCount == 600_000)
  }

  @Test(arguments: [("/no such file", ENOENT), ("/tmp", EISDIR), ("/dev/zero", EINVAL)])
  func `what is not a readable file is an error that names it`(path: String, number: Int32) {
    #expect(throws: DigestError(path: path, errorNumber: number)) {
      try ContentDigest.sha256(fileAt: path)
    }
    #expect(DigestError(path: path, errorNumber: number).description.contains(path))
  }
}
