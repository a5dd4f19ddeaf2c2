import ClusterCore
import Digest
import Testing
import Wire

/// Of the protocol; it fits into one byte of a varint.
private let version = UInt8(Limits.protocolVersion)

private let seed = UInt64.random(in: 0...UInt64.max)

/// Decodes a frame as every kind; gives how many kinds accepted it.
private func acceptances(_ frame: [UInt8]) -> Int {
  var count = 0
  if (try? Envelope<WorkerMessage>(decoding: frame.span.bytes)) != nil { count += 1 }
  if (try? Envelope<CoordinatorMessage>(decoding: frame.span.bytes)) != nil { count += 1 }
  if (try? ObjectRequest(decoding: frame.span.bytes)) != nil { count += 1 }
  if (try? ObjectReply(decoding: frame.span.bytes)) != nil { count += 1 }
  return count
}

@Suite struct HostileFrameTests {
  @Test func `no frame cut off in its message is taken for that message`() {
    var source = MessageSource(seed: seed)
    for _ in 0..<60 {
      let envelope = source.workerEnvelope()
      let frame = envelope.encoded()
      guard frame.count < 2_000 else { continue }
      for count in 0..<frame.count {
        let cut = Array(frame[..<count])
        let decoded = try? Envelope<WorkerMessage>(decoding: cut.span.bytes)
        #expect(decoded != envelope, "seed \(seed), \(count) bytes of \(envelope)")
      }
    }
  }

  @Test func `flipped bits and foreign bytes give a message or an error, never a crash`() {
    var source = MessageSource(seed: seed)
    for round in 0..<4_000 {
      var frame: [UInt8] =
        switch round % 4 {
        case 0: source.workerEnvelope().encoded()
        case 1: source.coordinatorEnvelope().encoded()
        case 2: source.objectReply().encoded()
        default: (0..<source.below(100)).map { _ in UInt8(truncatingIfNeeded: source.number()) }
        }
      guard !frame.isEmpty else { continue }
      for _ in 0..<(1 + source.below(4)) {
        frame[Int(source.below(UInt64(frame.count)))] ^= 1 << UInt8(source.below(8))
      }
      #expect(acceptances(frame) <= 4)
    }
  }

  @Test func `a frame over the limit isn't unpacked`() {
    let frame = [UInt8](repeating: 0, count: WireLimits.controlFrameByteCountMax + 1)
    #expect(
      throws: WireError.frame(
        .tooLarge(byteCount: 65_537, byteCountMax: WireLimits.controlFrameByteCountMax))
    ) { try Envelope<WorkerMessage>(decoding: frame.span.bytes) }
  }

  @Test func `a frame that inflates beyond its budget is refused`() {
    // A status reply of 30,000 empty worker statuses: two bytes each here, a hundred in memory.
    let statuses = (0..<30_000).flatMap { _ in [0x82, 0x01, 0x00] as [UInt8] }
    let body = Array(statuses.prefix(60_000))
    let frame = [12 << 3 | 2] + varint(body.count) + body
    #expect(throws: WireError.self) {
      try Envelope<CoordinatorMessage>(decoding: frame.span.bytes)
    }
  }

  @Test func `empty frames and unknown kinds are refused`() {
    #expect(throws: WireError.unknownMessage) {
      try Envelope<WorkerMessage>(decoding: [UInt8]().span.bytes)
    }
    #expect(throws: WireError.unknownMessage) {
      try Envelope<CoordinatorMessage>(decoding: ([0xfa, 0x01, 0x00] as [UInt8]).span.bytes)
    }
    #expect(throws: WireError.unknownMessage) {
      try ObjectReply(decoding: ([0x7a, 0x00] as [UInt8]).span.bytes)
    }
  }

  @Test(
    arguments: [
      // Worker's messages by their field numbers, each with a part missing or out of range.
      ([4 << 3 | 2, 2, 0x08, version], WireError.outOfRange(field: "threads")),
      ([4 << 3 | 2, 5, 0x08, version, 0x20, 0x81, 0x08], .outOfRange(field: "threads")),
      ([5 << 3 | 2, 0], .outOfRange(field: "probe")),
      ([5 << 3 | 2, 3, 0x0a, 1, 9], .outOfRange(field: "probe")),
      ([6 << 3 | 2, 4, 0x08, 0x80, 0x80, 0x04], .outOfRange(field: "variant")),
      ([8 << 3 | 2, 0], .missing(field: "item")),
      ([8 << 3 | 2, 4, 0x0a, 0, 0x18, 2], .outOfRange(field: "cause")),
      ([9 << 3 | 2, 0], .missing(field: "share id")),
      ([11 << 3 | 2, 2, 0x0a, 0], .outOfRange(field: "missing samples")),
      (
        [12 << 3 | 2, 5, 0x0a, 0, 0x12, 1, 0],
        .frame(.containsNUL(field: "reason"))
      ),
      ([12 << 3 | 2, 5, 0x0a, 0, 0x12, 1, 0xff], .frame(.notUTF8(field: "reason"))),
    ] as [([UInt8], WireError)])
  func `each broken rule is named`(frame: [UInt8], error: WireError) {
    #expect(throws: error) { try Envelope<WorkerMessage>(decoding: frame.span.bytes) }
  }

  @Test(
    arguments: [
      ([5 << 3 | 2, 0], WireError.outOfRange(field: "code of refusal")),
      ([5 << 3 | 2, 3, 0x08, 0x81, 0x02], .outOfRange(field: "code of refusal")),
      ([11 << 3 | 2, 2, 0x08, 4], .outOfRange(field: "outcome")),
      ([8 << 3 | 2, 2, 0x0a, 0], .outOfRange(field: "samples of the share")),
      ([4 << 3 | 2, 0], .outOfRange(field: "number of classes or features")),
      (
        [4 << 3 | 2, 9, 0x40, 5, 0x48, 5, 0x55, 0, 0, 0xc0, 0x7f],
        .outOfRange(field: "label smoothing")
      ),
      (
        [12 << 3 | 2, 9, 0x59, 0, 0, 0, 0, 0, 0, 0xf0, 0x7f],
        .outOfRange(field: "training loss")
      ),
    ] as [([UInt8], WireError)])
  func `each broken rule of a coordinator is named`(frame: [UInt8], error: WireError) {
    #expect(throws: error) { try Envelope<CoordinatorMessage>(decoding: frame.span.bytes) }
  }

  @Test func `an object's piece must lie within the object`() {
    var source = MessageSource(seed: 1)
    let digest = source.digest()
    for (offset, byteCount, total) in [
      (5, 6, 10), (11, 0, 10), (0, 1 << 20 + 1, 1 << 30), (0, 0, 1 << 41), (.max, 1, .max),
    ] as [(UInt64, UInt32, UInt64)] {
      let frame = ObjectReply.object(
        .init(digest: digest, offset: offset, byteCount: byteCount, byteCountTotal: total)
      ).encoded()
      #expect(throws: WireError.self, "\(offset) + \(byteCount) of \(total)") {
        try ObjectReply(decoding: frame.span.bytes)
      }
    }
    for (offset, byteCount) in [(0, 0), (0, 1 << 20 + 1), (.max, 1)] as [(UInt64, UInt32)] {
      let frame = ObjectRequest.get(
        .init(digest: digest, offset: offset, byteCount: byteCount)
      ).encoded()
      #expect(throws: WireError.self) { try ObjectRequest(decoding: frame.span.bytes) }
    }
  }

  private func varint(_ value: Int) -> [UInt8] {
    value < 0x80
      ? [UInt8(value)] : [UInt8(value & 0x7f) | 0x80] + varint(value >> 7)
  }
}
