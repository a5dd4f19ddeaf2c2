import ClusterCore
import Digest
import Foundation
import Testing
import Wire

/// A new one for each run of the tests, printed with every failure.
private let seed = UInt64.random(in: 0...UInt64.max)

@Suite struct RoundTripTests {
  @Test func `every worker message comes back as it went`() throws {
    var source = MessageSource(seed: seed)
    for _ in 0..<2_000 {
      let envelope = source.workerEnvelope()
      let frame = envelope.encoded()
      #expect(frame.count <= WireLimits.controlFrameByteCountMax)
      let decoded = try Envelope<WorkerMessage>(decoding: frame.span.bytes)
      #expect(decoded == envelope, "seed \(seed)")
    }
  }

  @Test func `every coordinator message comes back as it went`() throws {
    var source = MessageSource(seed: seed)
    for _ in 0..<2_000 {
      let envelope = source.coordinatorEnvelope()
      let frame = envelope.encoded()
      #expect(frame.count <= WireLimits.controlFrameByteCountMax)
      let decoded = try Envelope<CoordinatorMessage>(decoding: frame.span.bytes)
      #expect(decoded == envelope, "seed \(seed)")
    }
  }

  /// Else the tests above pass over a message that was added and never drawn.
  @Test func `messages of every kind that the protocol has are tried`() throws {
    var source = MessageSource(seed: seed)
    var drawn: (worker: Set<String>, coordinator: Set<String>) = ([], [])
    for _ in 0..<2_000 {
      drawn.worker.insert(caseName(source.workerMessage()))
      drawn.coordinator.insert(caseName(source.coordinatorMessage()))
    }
    #expect(
      drawn.worker == (try protocolCases("WorkerEnvelope").subtracting(["get"])), "seed \(seed)")
    #expect(
      drawn.coordinator
        == (try protocolCases("CoordinatorEnvelope").subtracting(["object", "missing"])),
      "seed \(seed)")
  }

  private func caseName(_ message: Any) -> String {
    Mirror(reflecting: message).children.first?.label ?? "\(message)"
  }

  /// The names in an envelope's `oneof`, written as Swift writes them.
  private func protocolCases(_ envelope: String) throws -> Set<String> {
    let path = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../proto/wire.proto")
    let text = try String(contentsOf: path, encoding: .utf8)
    let oneOf = try #require(
      text.split(separator: "message \(envelope) {").last?.split(separator: "oneof message {")[1]
        .prefix { $0 != "}" })
    return Set(
      oneOf.matches(of: /\w+ (\w+) = \d+;/).map { match in
        let words = match.1.split(separator: "_")
        return ([String(words[0])] + words.dropFirst().map(\.capitalized)).joined()
      })
  }

  @Test func `every message of the object channel comes back as it went`() throws {
    var source = MessageSource(seed: seed)
    for _ in 0..<1_000 {
      let request = source.objectRequest()
      #expect(
        try ObjectRequest(decoding: request.encoded().span.bytes) == request, "seed \(seed)")
      let reply = source.objectReply()
      #expect(try ObjectReply(decoding: reply.encoded().span.bytes) == reply, "seed \(seed)")
    }
  }

  @Test func `the largest messages fit a control frame and are read`() throws {
    let samples = [SampleIndex](repeating: .max, count: Limits.samplesPerListMax)
    let incarnation = Incarnation(high: .max, low: .max)
    let share = Share(
      id: ShareID(incarnation: incarnation, step: .max, number: .max), variant: .max,
      samples: samples)
    let worker = WorkerStatus(
      name: String(repeating: "w", count: 96), threads: .max,
      isServing: true, leases: .max, held: .max, silentMilliseconds: .max)
    var source = MessageSource(seed: 1)
    var reply = source.statusReply()
    reply.run = String(repeating: "r", count: Limits.textBytesMax)
    reply.workers = Array(repeating: worker, count: Limits.workersInStatusMax)
    for message in [CoordinatorMessage.step(share), .statusReply(reply)] {
      let envelope = Envelope(
        incarnation: incarnation, session: Session(number: .max), message: message)
      let frame = envelope.encoded()
      #expect(frame.count <= WireLimits.controlFrameByteCountMax)
      #expect(try Envelope<CoordinatorMessage>(decoding: frame.span.bytes) == envelope)
    }
  }

  @Test func `text that no receiver would accept is made fit`() throws {
    func sent(_ reason: String) throws -> String? {
      let envelope = Envelope(
        incarnation: .none, session: .none,
        message: CoordinatorMessage.refuse(Refuse(code: .full, reason: reason)))
      let decoded = try Envelope<CoordinatorMessage>(decoding: envelope.encoded().span.bytes)
      guard case .refuse(let refuse) = decoded.message else { return nil }
      return refuse.reason
    }
    #expect(try sent("a\0b") == "a\u{fffd}b")
    let cut = try #require(try sent(String(repeating: "ä", count: 5_000)))
    #expect(cut == String(repeating: "ä", count: Limits.textBytesMax / 2))
    let odd = try #require(try sent("x" + String(repeating: "ä", count: 5_000)))
    #expect(odd.utf8.count == Limits.textBytesMax - 1)
  }

  @Test func `a rate without a divisor is sent as 0`() throws {
    var source = MessageSource(seed: 1)
    var reply = source.statusReply()
    reply.stepsPerSecond = .nan
    let envelope = Envelope(
      incarnation: .none, session: .none, message: CoordinatorMessage.statusReply(reply))
    reply.stepsPerSecond = 0
    let decoded = try Envelope<CoordinatorMessage>(decoding: envelope.encoded().span.bytes)
    #expect(decoded.message == .statusReply(reply))
  }

  @Test func `a hello of another version is read as far as a refusal needs it`() throws {
    let hello = Hello(
      protocolVersion: 77, worker: WorkerID(number: 5), attempt: 3, threads: 0, name: "worker",
      softwareVersion: "9")
    let envelope = Envelope(
      incarnation: .none, session: .none, message: WorkerMessage.hello(hello))
    let decoded = try Envelope<WorkerMessage>(decoding: envelope.encoded().span.bytes)
    #expect(
      decoded.message
        == .hello(
          Hello(
            protocolVersion: 77, worker: WorkerID(number: 5), attempt: 3, threads: 1, name: "",
            softwareVersion: "")))
  }
}
