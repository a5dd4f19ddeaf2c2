import ClusterCore
import DaemonSupport
import Wire
import ZeroMQ

/// The same bytes without the thinking: what libzmq alone can do.
enum StepsEcho {
  /// Rounds a second: a head and a share to each worker, a gradient sum back from each.
  static func roundsPerSecond(_ scene: StepsScene, seconds: Double) throws -> Double {
    let context = try Context(socketsMax: 64)
    let socket = try Socket(.router, in: context)
    var options = Channels.coordinatorOptions(scene.dimensions)
    options.lingerMilliseconds = 0
    try socket.apply(options)
    let line = try StepsLine(.network, in: context)
    let address = try line.bind(socket)
    let peers = StepsPeers(count: scene.workers, line: line, address: address) { _ in
      EchoPeer(scene)
    }
    defer { peers.end() }

    var poller = Poller()
    _ = poller.add(socket)
    var routes: [[UInt8]] = []
    while routes.count < scene.workers {
      try poller.wait(timeoutMilliseconds: 1_000)
      while let message = try socket.receiveRouted() { routes.append(message.route) }
    }
    let control = share(scene).encoded()
    let head = Message.tensor([Float](repeating: 0, count: scene.shape.parameterCount))
    var rounds = 0
    let start = monotonicSeconds()
    while monotonicSeconds() - start < seconds {
      for route in routes {
        _ = try socket.send(Message(route), more: true)
        _ = try socket.send(Message(control), more: true)
        _ = try socket.send(head.shared())
      }
      var missing = routes.count
      while missing > 0 {
        if try socket.receiveRouted() != nil {
          missing -= 1
        } else {
          try poller.wait(timeoutMilliseconds: 1_000)
        }
      }
      rounds += 1
    }
    return Double(rounds) / (monotonicSeconds() - start)
  }

  private static let incarnation = Incarnation(high: .max, low: .max)

  private static func share(_ scene: StepsScene) -> Envelope<CoordinatorMessage> {
    let count = max(1, scene.batchSize / scene.workers)
    return Envelope(
      incarnation: incarnation, session: Session(number: 1),
      message: .step(
        Share(
          id: ShareID(incarnation: incarnation, step: 1, number: 1), variant: 0,
          samples: (0..<SampleIndex(count)).map { $0 * 7 })))
  }

  private final class EchoPeer: StepsPeer {
    private let control: [UInt8]
    private let sum: Message
    private var hasSpoken = false

    init(_ scene: StepsScene) {
      control =
        Envelope<WorkerMessage>(
          incarnation: incarnation, session: Session(number: 1),
          message: .gradientSum(
            GradientAnswer(
              share: ShareID(incarnation: incarnation, step: 1, number: 1), count: 16, correct: 9,
              lossSum: 1 << 34))
        ).encoded()
      sum = .tensor([Int64](repeating: 0, count: scene.shape.parameterCount))
    }

    func tick(_ socket: borrowing Socket) throws {
      if !hasSpoken { try answer(socket) }
      hasSpoken = true
    }

    func receive(_ frame: borrowing Message, _ socket: borrowing Socket) throws {
      // The tensor is the last frame.
      if !frame.hasMore { try answer(socket) }
    }

    private func answer(_ socket: borrowing Socket) throws {
      _ = try socket.send(Message(control), more: true)
      _ = try socket.send(sum.shared())
    }
  }
}
