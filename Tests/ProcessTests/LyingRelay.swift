import Access
import ClusterCore
import DaemonSupport
import Foundation
import Synchronization
import TestSupport
import Wire
import ZeroMQ

/// Stands between real workers and a coordinator and makes lies of what the workers say.
///
/// It is the worker's machine gone bad: everything that comes through is well formed, and wrong.
final class LyingRelay: Sendable {
  enum Lie: Sendable {
    /// The lowest bit of a photograph's first feature.
    case features
    /// The lowest bit of a gradient sum.
    case gradientSums
  }

  /// Where workers join.
  let address: String
  private let isStopped = Atomic<Bool>(false)
  private let lieCount = Atomic<Int>(0)
  private let ended = DispatchSemaphore(value: 0)

  /// A worker's connection, passed on.
  private final class Line {
    let route: [UInt8]
    let socket: Socket

    init(_ route: [UInt8], to coordinator: CoordinatorDoor, in context: Context) throws {
      self.route = route
      socket = try Socket(.dealer, in: context)
      try socket.apply(Channels.workerOptions)
      try coordinator.connect(socket)
    }
  }

  /// - Parameter rarity: one in so many answers of the kind becomes a lie.
  init(to coordinator: String, _ lie: Lie, rarity: Int) throws {
    let context = try Context()
    let workers = try Socket(.router, in: context)
    try workers.apply(Channels.workerOptions)
    address = try workers.bind(Endpoint("127.0.0.1:0")).description
    let coordinator = CoordinatorDoor(
      ownMachine: try Endpoint(coordinator), RunningCommand.stateEnvironment)
    let box = SocketBox(workers)
    Thread.detachNewThread { [self] in
      do {
        try run(box.take(), to: coordinator, in: context, lie, rarity)
      } catch {
        FileHandle.standardError.write(Data("the relay ended: \(error)\n".utf8))
      }
      ended.signal()
    }
  }

  /// How often it has lied so far.
  var lies: Int { lieCount.load(ordering: .relaxed) }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
    ended.wait()
  }

  private func run(
    _ workers: consuming Socket, to coordinator: CoordinatorDoor, in context: Context, _ lie: Lie,
    _ rarity: Int
  ) throws {
    var lines: [Line] = []
    var answers = 0
    while !isStopped.load(ordering: .relaxed) {
      var poller = Poller()
      _ = poller.add(workers)
      for line in lines { _ = poller.add(line.socket) }
      try poller.wait(timeoutMilliseconds: 50)
      while let message = try workers.receiveRouted() {
        if !lines.contains(where: { $0.route == message.route }) {
          lines.append(try Line(message.route, to: coordinator, in: context))
        }
        guard let line = lines.first(where: { $0.route == message.route }) else { continue }
        var tensor = message.tensor?.array() ?? []
        let hasTensor = message.tensor != nil
        if hasTensor, isOfKind(message.control.array(), lie) {
          answers += 1
          if answers % rarity == 0 {
            tensor[0] ^= 1
            lieCount.add(1, ordering: .relaxed)
          }
        }
        _ = try line.socket.send(Message(message.control.array()), more: hasTensor)
        if hasTensor { _ = try line.socket.send(Message(tensor)) }
      }
      for line in lines {
        while let frame = try line.socket.receive() {
          guard try workers.send(Message(line.route), more: true) == .sent else { continue }
          _ = try workers.send(frame)
        }
      }
    }
  }

  private func isOfKind(_ control: [UInt8], _ lie: Lie) -> Bool {
    guard let envelope = try? Envelope<WorkerMessage>(decoding: control.span.bytes) else {
      return false
    }
    switch (envelope.message, lie) {
    case (.features, .features), (.gradientSum, .gradientSums): return true
    default: return false
    }
  }
}

/// Hands a socket to the thread that will own it.
private final class SocketBox: @unchecked Sendable {
  private var socket: Socket?

  init(_ socket: consuming Socket) { self.socket = consume socket }

  func take() -> Socket { socket.take()! }
}
