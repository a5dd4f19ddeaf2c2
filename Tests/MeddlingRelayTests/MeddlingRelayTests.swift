import Access
import MeddlingRelay
import Testing
import ZeroMQ

@Suite final class MeddlingRelayTests {
  /// Says everything twice, and hangs up at a word of one byte.
  private final class Echo: Meddler {
    func hear(_ parcel: Parcel) -> [Parcel]? {
      parcel.control.count == 1 ? nil : [parcel, parcel]
    }
  }

  private let context: Context
  private let coordinator: Socket
  private let relay: MeddlingRelay

  init() throws {
    context = try Context()
    let coordinator = try Socket(.router, in: context)
    try coordinator.apply(SocketOptions(frameBytesMax: 1_000))
    let endpoint = try coordinator.bind(Endpoint("127.0.0.1:0"))
    self.coordinator = coordinator
    relay = try MeddlingRelay(to: CoordinatorDoor(insecure: endpoint)) { Echo() }
  }

  private func worker() throws -> Socket {
    let worker = try Socket(.dealer, in: context)
    try worker.apply(SocketOptions(frameBytesMax: 1_000))
    try worker.connect(Endpoint(relay.address))
    return worker
  }

  /// What comes next at a socket, all frames of it.
  private func next(_ socket: borrowing Socket) throws -> [[UInt8]] {
    var poller = Poller()
    let token = poller.add(socket)
    while !poller.isReady(token) { try poller.wait(timeoutMilliseconds: 1_000) }
    var frames: [[UInt8]] = []
    var more = true
    while more, let frame = try socket.receive() {
      frames.append(frame.array())
      more = frame.hasMore
    }
    return frames
  }

  @Test(.timeLimit(.minutes(1)))
  func `passes on what its meddler makes of a word, and the answer as it is`() throws {
    let worker = try worker()
    _ = try worker.send(Message([1, 2]), more: true)
    _ = try worker.send(Message([3]))
    let first = try next(coordinator)
    #expect(first.dropFirst() == [[1, 2], [3]])
    #expect(try next(coordinator) == first)
    _ = try coordinator.send(Message(first[0]), more: true)
    _ = try coordinator.send(Message([4, 5]))
    #expect(try next(worker) == [[4, 5]])
    #expect(relay.parcelsSent == 2)
    relay.stop()
    #expect(relay.problem == nil)
  }

  @Test(.timeLimit(.minutes(1)))
  func `hangs up, and the next word comes over another connection`() throws {
    let worker = try worker()
    _ = try worker.send(Message([1, 2]))
    let first = try next(coordinator)
    _ = try next(coordinator)
    _ = try worker.send(Message([1]))
    _ = try worker.send(Message([6, 7]))
    let later = try next(coordinator)
    #expect(later.last == [6, 7])
    #expect(later[0] != first[0])
  }
}
