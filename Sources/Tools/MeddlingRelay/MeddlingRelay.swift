import Access
import DaemonSupport
import Synchronization
import Threading
import Wire
import ZeroMQ

/// A message with what goes along.
public struct Parcel: Equatable, Sendable {
  public var control: [UInt8]
  public var tensor: [UInt8]?

  public init(control: [UInt8], tensor: [UInt8]? = nil) {
    self.control = control
    self.tensor = tensor
  }
}

/// What a relay makes of one worker's words. It lives in the relay's thread.
public protocol Meddler: AnyObject {
  /// - Returns: what the coordinator hears instead; nil ends the worker's connection.
  func hear(_ parcel: Parcel) -> [Parcel]?
  /// A frame that the coordinator sent; it reaches the worker in any case.
  func overhear(_ frame: [UInt8])
}

extension Meddler {
  public func overhear(_ frame: [UInt8]) {}
}

/// Stands between real workers and a coordinator and changes what the workers say: a member that knows
/// its way about and means harm, or a machine gone bad. Everything that it lets through is from a worker
/// that has shown what it must.
public final class MeddlingRelay: Sendable {
  /// Where workers join, in the clear.
  public let address: String
  private let isStopped = Atomic<Bool>(false)
  private let parcelCount = Atomic<Int>(0)
  private let failure = Mutex<String?>(nil)
  private let thread = Mutex<NamedThread?>(nil)

  /// A worker's connection, passed on.
  private final class Line {
    let route: [UInt8]
    let meddler: any Meddler
    let socket: Socket

    init(
      _ route: [UInt8], _ meddler: any Meddler, to coordinator: CoordinatorDoor, in context: Context
    ) throws {
      self.route = route
      self.meddler = meddler
      socket = try Socket(.dealer, in: context)
      var options = Channels.workerOptions
      options.lingerMilliseconds = 0
      try socket.apply(options)
      try coordinator.connect(socket)
    }
  }

  /// - Parameter meddler: makes one for each connection.
  public init(
    to coordinator: CoordinatorDoor, meddler: @escaping @Sendable () -> any Meddler
  ) throws {
    let context = try Context()
    let workers = try Socket(.router, in: context)
    var options = Channels.workerOptions
    options.lingerMilliseconds = 0
    try workers.apply(options)
    address = try workers.bind(Endpoint("127.0.0.1:0")).description
    let box = SocketBox(workers)
    let relay = NamedThread(name: "relay") { [self] in
      do {
        try run(box.take(), to: coordinator, in: context, meddler)
      } catch {
        failure.withLock { $0 = "\(error)" }
      }
    }
    thread.withLock { $0 = relay }
  }

  deinit { stop() }

  /// How many messages it has passed on or made.
  public var parcelsSent: Int { parcelCount.load(ordering: .relaxed) }

  /// Why it ended by itself, if it did.
  public var problem: String? { failure.withLock { $0 } }

  /// Ends it and waits until it has ended.
  public func stop() {
    isStopped.store(true, ordering: .relaxed)
    let ended = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    ended?.join()
  }

  private func run(
    _ workers: consuming Socket, to coordinator: CoordinatorDoor, in context: Context,
    _ meddler: () -> any Meddler
  ) throws {
    var lines: [Line] = []
    while !isStopped.load(ordering: .relaxed) {
      var poller = Poller()
      _ = poller.add(workers)
      for line in lines { _ = poller.add(line.socket) }
      try poller.wait(timeoutMilliseconds: 50)
      while let message = try workers.receiveRouted() {
        if !lines.contains(where: { $0.route == message.route }) {
          lines.append(try Line(message.route, meddler(), to: coordinator, in: context))
        }
        guard let line = lines.first(where: { $0.route == message.route }) else { continue }
        let parcel = Parcel(
          control: message.control.array(), tensor: message.tensor?.array())
        guard let parcels = line.meddler.hear(parcel) else {
          // The worker's next word opens another.
          lines.removeAll { $0 === line }
          continue
        }
        for parcel in parcels { try send(parcel, over: line) }
      }
      for line in lines {
        while let frame = try line.socket.receive() {
          line.meddler.overhear(frame.array())
          guard try workers.send(Message(line.route), more: true) == .sent else { continue }
          _ = try workers.send(frame)
        }
      }
    }
  }

  private func send(_ parcel: Parcel, over line: Line) throws {
    parcelCount.add(1, ordering: .relaxed)
    let sent = try line.socket.send(Message(parcel.control), more: parcel.tensor != nil)
    if sent == .sent, let tensor = parcel.tensor { _ = try line.socket.send(Message(tensor)) }
  }
}

/// Hands a socket to the thread that will own it.
private final class SocketBox: @unchecked Sendable {
  private var socket: Socket?

  init(_ socket: consuming Socket) { self.socket = consume socket }

  func take() -> Socket { socket.take()! }
}
