import Digest
import Foundation
import Store
import TestSupport
import Testing

@Suite final class `Objects that follow from others` {
  private let folder: TemporaryFolder
  private var objects: DerivedObjects { DerivedObjects(folder: StoreFolder(folder.path)) }

  init() throws { folder = try TemporaryFolder() }

  private static func key(_ number: Int) -> ContentDigest { .sha256([UInt8(number)]) }

  private static func object(_ number: Int, byteCount: Int = 10_000) -> [UInt8] {
    var numbers = SplitMix64(seed: UInt64(number), purpose: "objects")
    return (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: numbers.next()) }
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
  }

  @Test func `are there for the next process under their key alone`() throws {
    #expect(objects.object(Self.key(1)) == nil)
    try objects.keep(Self.object(1), for: Self.key(1))
    try objects.keep(Self.object(2), for: Self.key(2))
    #expect(objects.object(Self.key(1)) == Self.object(1))
    #expect(objects.object(Self.key(2)) == Self.object(2))
    #expect(objects.object(Self.key(3)) == nil)
    #expect(try names().count == 2)
  }

  @Test func `replace what was kept before`() throws {
    try objects.keep(Self.object(1), for: Self.key(1))
    try objects.keep(Self.object(2), for: Self.key(1))
    #expect(objects.object(Self.key(1)) == Self.object(2))
  }

  @Test func `are missing once any bit of them is another`() throws {
    let sound = Self.object(1, byteCount: 300)
    try objects.keep(sound, for: Self.key(1))
    let name = try #require(try names().first)
    let file = try folder.read(name)
    for byte in file.indices {
      var damaged = file
      damaged[byte] ^= UInt8(1 << (byte % 8))
      try folder.write(damaged, to: name)
      #expect(objects.object(Self.key(1)) == nil, "byte \(byte)")
    }
    for count in [0, 1, 31, 32, 33, file.count - 1] {
      try folder.write(Array(file[..<count]), to: name)
      #expect(objects.object(Self.key(1)) == nil, "\(count) bytes")
    }
    // What is damaged is removed, and can be kept anew.
    #expect(try names() == [])
    try objects.keep(sound, for: Self.key(1))
    #expect(objects.object(Self.key(1)) == sound)
  }

  @Test func `aren't found under another key's name`() throws {
    try objects.keep(Self.object(1), for: Self.key(1))
    let name = try #require(try names().first)
    let file = try folder.read(name)
    try folder.write(file, to: name.replacing("\(Self.key(1))", with: "\(Self.key(2))"))
    #expect(objects.object(Self.key(2)) == nil)
  }

  @Test func `leave nothing of a process that ended while it wrote`() throws {
    // No process has this number.
    try folder.write([1, 2, 3], to: "temporary-object-2147483647-\(Self.key(1))")
    try objects.keep(Self.object(2), for: Self.key(2))
    #expect(try names().allSatisfy { !$0.hasPrefix("temporary") })
  }

  @Test func `go in the order in which they were used last`() throws {
    for number in 1...3 {
      try objects.keep(Self.object(number), for: Self.key(number))
      // An hour apart, and long ago.
      let name = try #require(try names().first { $0.hasSuffix("\(Self.key(number))") })
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: Double(3_600 * number))],
        ofItemAtPath: "\(folder.path)/\(name)")
    }
    _ = objects.object(Self.key(1))
    let maintenance = StoreMaintenance(folder: StoreFolder(folder.path)) { _ in }
    _ = try maintenance.prune(toBytes: 22_000)
    #expect(objects.object(Self.key(2)) == nil)
    #expect(objects.object(Self.key(1)) != nil && objects.object(Self.key(3)) != nil)
    #expect(try maintenance.summary().objectCount == 2)
    try maintenance.clear()
    #expect(try maintenance.summary().objectCount == 0)
  }

  @Test func `are counted where they are damaged`() throws {
    try objects.keep(Self.object(1), for: Self.key(1))
    try objects.keep(Self.object(2), for: Self.key(2))
    let name = try #require(try names().first)
    try folder.write([1, 2, 3], to: name)
    let maintenance = StoreMaintenance(folder: StoreFolder(folder.path)) { _ in }
    #expect(try maintenance.verify().damagedCount == 1)
    #expect(try maintenance.verify().damagedCount == 0)
  }

  @Test func `that can't be kept are an error that says so`() throws {
    let file = try folder.write([1], to: "file")
    let objects = DerivedObjects(folder: StoreFolder("\(file)/store"))
    #expect(throws: StoreError.self) { try objects.keep([1], for: Self.key(1)) }
    #expect(objects.object(Self.key(1)) == nil)
  }
}
