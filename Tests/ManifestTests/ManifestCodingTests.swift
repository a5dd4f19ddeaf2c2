import Digest
import Manifest
import Testing

private func entry(
  _ path: String, _ classIndex: Int, _ content: UInt8, _ part: Part = .training
) -> Manifest.Entry {
  Manifest.Entry(
    path: path, part: part, classIndex: classIndex, byteCount: 10 + UInt64(content),
    digest: .sha256([content]))
}

struct ManifestCodingTests {
  static let entries = [
    entry("a/1.jpg", 0, 1), entry("a/2.jpg", 0, 2), entry("b/1.jpg", 1, 3),
    entry("b/0.jpg", 1, 4, .validation), entry("a/1.jpg", 0, 5, .test),
  ]

  @Test func `a manifest comes back from its encoding`() throws {
    let manifest = try Manifest(classes: ["a", "b"], entries: Self.entries)
    let decoded = try Manifest(decoding: manifest.encoded())
    #expect(decoded == manifest)
    #expect(decoded.classes == ["a", "b"])
    #expect(decoded.entries == Self.entries)
    #expect(manifest.digest == ContentDigest.sha256(manifest.encoded()))
  }

  @Test func `the encoding never changes`() throws {
    let manifest = try Manifest(classes: ["a", "b"], entries: Self.entries)
    // Computed by an independent program.
    #expect(
      manifest.digest.description
        == "f343a674f0ea6d2b1ab75d25b753081c176033feaa7062af9760a4265e29b6be")
  }

  @Test func `an encoding cut off anywhere is refused`() throws {
    let bytes = try Manifest(classes: ["a", "b"], entries: Self.entries).encoded()
    for count in bytes.indices {
      #expect(throws: ManifestError.self) { try Manifest(decoding: Array(bytes[..<count])) }
    }
    #expect(throws: ManifestError.self) { try Manifest(decoding: bytes + [0]) }
  }

  @Test func `a flipped bit is refused or gives another manifest`() throws {
    let manifest = try Manifest(classes: ["a", "b"], entries: Self.entries)
    var bytes = manifest.encoded()
    for index in bytes.indices {
      for bit: UInt8 in 0..<8 {
        bytes[index] ^= 1 << bit
        let decoded = try? Manifest(decoding: bytes)
        #expect(decoded != manifest)
        #expect(decoded == nil || decoded?.encoded() == bytes)
        bytes[index] ^= 1 << bit
      }
    }
  }

  @Test func `a newer version is refused by name`() throws {
    var bytes = try Manifest(classes: ["a", "b"], entries: Self.entries).encoded()
    bytes[8] = 3
    #expect(throws: ManifestError.unknownVersion(3)) { try Manifest(decoding: bytes) }
  }

  @Test(arguments: [
    (["a"], [entry("a/1", 0, 1)]),
    (["b", "a"], [entry("b/1", 0, 1), entry("a/1", 1, 2)]),
    (["a", "a"], [entry("a/1", 0, 1), entry("a/2", 1, 2)]),
    (["a", "b/c"], [entry("a/1", 0, 1), entry("b/c/1", 1, 2)]),
    (["a", ".."], [entry("a/1", 0, 1), entry("../1", 1, 2)]),
    (["", "a"], [entry("/1", 0, 1), entry("a/1", 1, 2)]),
    (["a", "b"], [entry("a/1", 0, 1)]),
    (["a", "b"], [entry("b/1", 1, 1), entry("a/1", 0, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("a/1", 0, 2), entry("b/1", 1, 3)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", 0, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", 2, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", -1, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/../1", 1, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b//1", 1, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", 1, 2, .test)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", 1, 2, .validation), entry("b/2", 1, 3)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", 1, 2), entry("a/1", 0, 1, .test)]),
    (["A", "a"], [entry("A/1", 0, 1), entry("a/1", 1, 2)]),
    (["cafe\u{301}", "caf\u{e9}"], [entry("cafe\u{301}/1", 0, 1), entry("caf\u{e9}/1", 1, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1\u{1b}[2J", 1, 2)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/1", 1, 1)]),
    (["a", "b"], [entry("a/1", 0, 1), entry("b/" + String(repeating: "x", count: 1023), 1, 2)]),
  ])
  func `what is no valid manifest is refused`(classes: [String], entries: [Manifest.Entry]) {
    #expect(throws: ManifestError.self) { try Manifest(classes: classes, entries: entries) }
  }
}
