import Discovery
import Testing
import ZeroMQ

struct CoordinatorRecordTests {
  private let key = KeyFingerprint(CurveKey(bytes: 0..<32)!)

  private func text(_ strings: [[UInt8]]) -> [UInt8] {
    strings.flatMap { [UInt8($0.count)] + $0 }
  }

  private func read(_ strings: String...) -> CoordinatorRecord {
    CoordinatorRecord(text: text(strings.map { Array($0.utf8) }))
  }

  @Test func `what is announced is read as the same`() {
    for record in [
      CoordinatorRecord(protocolVersion: 7, key: key), .init(protocolVersion: nil, key: key),
      .init(protocolVersion: .max, key: nil), .init(protocolVersion: nil, key: nil),
    ] {
      #expect(CoordinatorRecord(text: text(record.strings.map { Array($0.utf8) })) == record)
    }
  }

  @Test func `nothing is announced but the protocol and the key's fingerprint`() {
    // The beginning of the SHA-256 of the bytes 0 to 31.
    #expect(key.description == "630dcd2966c43366")
    #expect(
      CoordinatorRecord(protocolVersion: 7, key: key).strings
        == ["protocol=7", "key=630dcd2966c43366"])
  }

  @Test func `names are the same in capitals, the first counts and others are passed over`() {
    let record = read(
      "", "=", "=7", "new=\u{1b}[31m", "PROTOCOL=7", "protocol=8", "Key=\(key)", "key")
    #expect(record == CoordinatorRecord(protocolVersion: 7, key: key))
  }

  @Test(arguments: [
    "protocol", "protocol=", "protocol=-1", "protocol=4294967296", "protocol=seven", "key=",
    "key=630dcd29",
    "key=630DCD2966C43366", "key=630dcd2966c4336x", "key=630dcd2966c433660",
  ])
  func `a value that can't be is none`(_ string: String) {
    #expect(read(string) == CoordinatorRecord(protocolVersion: nil, key: nil))
  }

  @Test func `a record that breaks off, or is noise, is read as far as it goes`() {
    let whole = text([Array("key=\(key)".utf8), Array("protocol=7".utf8)])
    for count in whole.indices {
      let record = CoordinatorRecord(text: Array(whole.prefix(count)))
      #expect(record.protocolVersion == nil && (record.key == nil) == (count < 21), "\(count)")
    }
    let seed = UInt64.random(in: 0 ... .max)
    print("seed \(seed)")
    var state = seed
    for _ in 0..<1_000 {
      let noise = (0..<300).map { _ -> UInt8 in
        state = state &* 6_364_136_223_846_793_005 &+ 1
        return UInt8(truncatingIfNeeded: state >> 56)
      }
      let record = CoordinatorRecord(text: noise)
      #expect(CoordinatorRecord(text: text(record.strings.map { Array($0.utf8) })) == record)
    }
  }
}
