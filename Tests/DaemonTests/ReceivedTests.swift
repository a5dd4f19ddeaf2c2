import ClusterCore
import ClusterShell
import CoordinatorDaemon
import DaemonSupport
import Testing
import Training
import Wire
import ZeroMQ

/// What a coordinator's shell checks before its core hears of a message.
@Suite struct ReceivedTests {
  private let reader = WorkerMessageReader(
    dimensions: HeadDimensions(classCount: 2, featureCount: 3), sampleCount: 10, featureLimit: 100)
  private let share = ShareID(incarnation: .none, step: 1, number: 1)

  private func receive(
    _ message: WorkerMessage, _ tensor: consuming Message? = nil, hasWrongFrameCount: Bool = false
  ) throws -> Received<WorkerMessage> {
    let envelope = Envelope(incarnation: .none, session: .none, message: message)
    let incoming = IncomingMessage(
      route: [], control: Message(envelope.encoded()), tensor: tensor,
      hasWrongFrameCount: hasWrongFrameCount)
    return try Received(incoming, reader)
  }

  private func features(_ sample: SampleIndex) -> WorkerMessage {
    .features(Features(item: SampleVariant(sample: sample, variant: 0)))
  }

  private func sum(count: UInt32, correct: UInt32 = 0, loss: Int64 = 0) -> WorkerMessage {
    .gradientSum(GradientAnswer(share: share, count: count, correct: correct, lossSum: loss))
  }

  private func evaluation(count: UInt32, correct: UInt32) -> WorkerMessage {
    .evaluation(Evaluation(share: share, count: count, correct: correct, lossSum: 1))
  }

  @Test func `sound tensors arrive as they were sent`() throws {
    guard
      case .floats(let row) = try receive(features(9), .tensor([0, 99, -1] as [Float])).tensor
    else { throw WireError.unknownMessage }
    #expect(row == [0, 99, -1])
    let values: [Int64] = [1, -2, 3, 400 << 32, -400 << 32, 0, 7, 8]
    guard case .sums(let sums) = try receive(sum(count: 4, correct: 4), .tensor(values)).tensor
    else { throw WireError.unknownMessage }
    #expect(sums == values)
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity, 100, -100])
  func `a feature that would spoil the sums is refused`(value: Float) {
    #expect(throws: WireError.tensorValue) { try receive(features(1), .tensor([0, value, 0])) }
  }

  @Test func `tensors of a wrong length, missing or superfluous, are refused`() {
    #expect(throws: WireError.self) { try receive(features(1), .tensor([0, 0] as [Float])) }
    #expect(throws: WireError.self) { try receive(features(1)) }
    #expect(throws: WireError.self) { try receive(.heartbeat, .tensor([0] as [Float])) }
    #expect(throws: WireError.self) { try receive(.heartbeat, hasWrongFrameCount: true) }
  }

  @Test func `samples beyond the manifest are refused`() {
    #expect(throws: WireError.self) { try receive(features(10), .tensor([0, 0, 0] as [Float])) }
    #expect(throws: WireError.self) {
      try receive(.holding(Holding(variant: 0, samples: [1, 10])))
    }
    #expect(throws: WireError.self) {
      try receive(.decline(Decline(share: share, missing: [.max])))
    }
  }

  @Test func `sums larger than so many samples can give are refused`() throws {
    let limit = Int64(100) << 32
    _ = try receive(sum(count: 3), .tensor([3 * limit, -3 * limit, 0, 0, 0, 0, 0, 0]))
    for value in [3 * limit + 1, -3 * limit - 1, .max, .min] {
      #expect(throws: WireError.tensorValue) {
        try receive(sum(count: 3), .tensor([0, value, 0, 0, 0, 0, 0, 0]))
      }
    }
    let zeros = [Int64](repeating: 0, count: 8)
    #expect(throws: WireError.self) { try receive(sum(count: 1, correct: 2), .tensor(zeros)) }
    #expect(throws: WireError.self) { try receive(sum(count: 1, loss: -1), .tensor(zeros)) }
  }

  @Test func `a confusion matrix that doesn't count what its message says is refused`() throws {
    _ = try receive(evaluation(count: 5, correct: 3), .tensor([2, 1, 1, 1] as [Int64]))
    for counts: [Int64] in [[2, 1, 1, 0], [1, 2, 1, 1], [3, -1, 2, 1]] {
      #expect(throws: WireError.tensorValue) {
        try receive(evaluation(count: 5, correct: 3), .tensor(counts))
      }
    }
  }

  @Test func `a head whose tensors no message can carry is recognized beforehand`() throws {
    let usual = try HeadShape(featureCount: 1_280, classCount: 2_800)
    #expect(CoordinatorSetup.fitsMessages(usual))
    let manyClasses = try HeadShape(featureCount: 8, classCount: 3_000)
    #expect(!CoordinatorSetup.fitsMessages(manyClasses))
    let manyParameters = try HeadShape(featureCount: 4_096, classCount: 2_500)
    #expect(!CoordinatorSetup.fitsMessages(manyParameters))
  }

  @Test func `a connection's name goes there and back, and other names are nobody's`() {
    let route: [UInt8] = [0, 0x80, 1, 2, 3]
    #expect(PeerID(route: route)?.route == route)
    for other: [UInt8] in [[], [0], [1, 2, 3, 4, 5], [0, 1, 2, 3, 4, 5]] {
      #expect(PeerID(route: other) == nil)
    }
  }
}
