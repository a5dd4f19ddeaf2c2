import Access
import ClusterCore
import Digest
import Foundation
import RunFiles
import TestSupport
import Testing
import Wire
import ZeroMQ

/// What anybody who is let in may send to a coordinator, while a worker goes on working.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct HostileBytesTests {
  @Test func `nonsense harms nobody`() throws {
    let cluster = try Cluster()
    let expected = try Cluster.undisturbedHead.get()
    let coordinator = try cluster.startCoordinator(run: "hostile")
    let address = try coordinator.address()
    let worker = try cluster.startWorker(address)
    try coordinator.waitForEpoch(0)

    let context = try Context()
    let door = CoordinatorDoor(
      ownMachine: try Endpoint(address), RunningCommand.stateEnvironment)
    var random = SplitMix64(seed: 1, purpose: "hostile")
    for frames in HostileBytesTests.messages(&random) {
      let socket = try Socket(.dealer, in: context)
      var options = SocketOptions(frameBytesMax: 1 << 20)
      options.lingerMilliseconds = 5_000
      try socket.apply(options)
      try door.connect(socket)
      for (place, frame) in frames.enumerated() {
        _ = try socket.send(Message(frame), more: place < frames.count - 1)
      }
      socket.close()
    }
    #expect(try coordinator.finishedHead() == expected)
    #expect(try worker.waitForExit().exitCode == 0)
  }

  private static func messages(_ random: inout SplitMix64) -> [[[UInt8]]] {
    let incarnation = Incarnation(high: 1, low: 2)
    func worker(_ message: WorkerMessage) -> [UInt8] {
      Envelope(incarnation: incarnation, session: Session(number: 1), message: message).encoded()
    }
    let hello = worker(
      .hello(
        Hello(
          protocolVersion: Limits.protocolVersion, worker: WorkerID(number: 7), attempt: 1,
          threads: 1, name: "hostile", softwareVersion: "0")))
    let share = ShareID(incarnation: incarnation, step: 1, number: 1)
    var messages: [[[UInt8]]] = [
      [[]], [[1, 2, 3]], [hello, hello], [hello, [1], [2], [3]], [hello],
      [worker(.features(Features(item: SampleVariant(sample: .max, variant: 0))))],
      [worker(.features(Features(item: SampleVariant(sample: 1, variant: 0)))), [0, 0, 0]],
      [
        worker(
          .gradientSum(GradientAnswer(share: share, count: .max, correct: .max, lossSum: .min))),
        [UInt8](repeating: 0x7f, count: (16 * 3 + 3) * 8),
      ],
      [worker(.evaluation(Evaluation(share: share, count: 1, correct: 0, lossSum: 1))), []],
      [worker(.joined(Joined(probe: .sha256([0]))))],
      [worker(.decline(Decline(share: share, missing: [.max])))], [worker(.leave)],
      [worker(.status), [UInt8](repeating: 1, count: 100)],
    ]
    for _ in 0..<50 {
      let count = Int(random.below(300))
      messages.append([(0..<count).map { _ in UInt8(random.below(256)) }])
      var mutated = hello
      mutated[Int(random.below(UInt64(mutated.count)))] ^= UInt8(1 + random.below(255))
      messages.append([mutated])
    }
    return messages
  }
}
