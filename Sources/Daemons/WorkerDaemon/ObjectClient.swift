import Access
import ClusterCore
import DaemonSupport
import Digest
import Threading
import Wire
import ZeroMQ

/// Fetches objects from the coordinator, on a thread and through a socket of its own.
final class ObjectClient: Sendable {
  /// The end of a fetch.
  struct Fetched: Sendable {
    let digest: ContentDigest
    let outcome: Outcome

    enum Outcome: Sendable {
      /// The bytes, whose SHA-256 is the digest.
      case bytes([UInt8])
      /// The coordinator hasn't got the object, or not these bytes of it.
      case unusable(reason: String)
      /// No answer came; another try may help.
      case unreachable(reason: String)
    }
  }

  enum Order: Sendable {
    /// Opens a new connection; fetches under way end without a letter, and go on from where they were
    /// when they are asked for again.
    case connect
    case fetch(ContentDigest)
    case stop
  }

  private let orders = Mailbox<Order>()
  private let thread: NamedThread

  /// - Parameter door: of the coordinator that has the objects.
  init(_ door: CoordinatorDoor, context: Context, letters: Mailbox<WorkerLetter>) {
    let orders = orders
    thread = NamedThread(name: "objects") {
      var session = ObjectSession(door, context: context, orders: orders, letters: letters)
      session.run()
    }
  }

  func connect() { orders.send(.connect) }

  /// Ends in one letter; a digest already on its way isn't fetched twice, and gets one letter too.
  func fetch(_ digest: ContentDigest) { orders.send(.fetch(digest)) }

  func stop() {
    orders.send(.stop)
    thread.join()
  }
}

/// What the thread of an object client owns.
private struct ObjectSession: ~Copyable {
  private let door: CoordinatorDoor
  private let context: Context
  private let orders: Mailbox<ObjectClient.Order>
  private let letters: Mailbox<WorkerLetter>
  private var socket: Socket?
  /// What was said of an object whose bytes have yet to come.
  private var awaited: ObjectReply.Chunk?
  private var transfers: [ContentDigest: ObjectTransfer] = [:]
  /// What had come over the last connection of objects that weren't whole when it ended.
  private var unfinished: [ContentDigest: ObjectTransfer] = [:]
  /// In the order of the orders; those ahead get their pieces first.
  private var queue: [ContentDigest] = []
  private var inFlight = 0
  private var isStopped = false

  /// Without progress for this long, missing pieces are asked for again.
  private static let patienceNanoseconds: UInt64 = 5_000_000_000
  private static let retriesMax = 3

  init(
    _ door: CoordinatorDoor, context: Context, orders: Mailbox<ObjectClient.Order>,
    letters: Mailbox<WorkerLetter>
  ) {
    self.door = door
    self.context = context
    self.orders = orders
    self.letters = letters
  }

  mutating func run() {
    while !isStopped {
      do {
        try turn()
      } catch {
        socket = nil
        failAll(reason: error.description)
      }
    }
  }

  private mutating func turn() throws(ZeroMQError) {
    try wait()
    for order in orders.receiveAll() { try carryOut(order) }
    try receive()
    try retryStalled(now: MonotonicClock.now())
    try request(now: MonotonicClock.now())
  }

  private mutating func wait() throws(ZeroMQError) {
    var poller = Poller()
    _ = poller.add(fileDescriptor: orders.fileDescriptor)
    if let socket = socket.take() {
      _ = poller.add(socket)
      self.socket = consume socket
    }
    try poller.wait(timeoutMilliseconds: transfers.isEmpty ? nil : 500)
  }

  private mutating func carryOut(_ order: ObjectClient.Order) throws(ZeroMQError) {
    switch order {
    case .connect:
      unfinished = transfers.filter { $0.value.hasBegun }
      transfers = [:]
      queue = []
      inFlight = 0
      let socket = try Socket(.dealer, in: context)
      var options = Channels.objectOptions
      options.reconnectMilliseconds = 500
      options.lingerMilliseconds = 0
      try socket.apply(options)
      try door.connect(socket)
      self.socket = consume socket
      awaited = nil
    case .fetch(let digest):
      guard transfers[digest] == nil else { return }
      var transfer =
        unfinished.removeValue(forKey: digest) ?? ObjectTransfer(digest, now: MonotonicClock.now())
      transfer.loseConnection()
      transfers[digest] = transfer
      queue.append(digest)
    case .stop:
      isStopped = true
    }
  }

  private mutating func receive() throws(ZeroMQError) {
    while let frame = try nextFrame() {
      if let chunk = awaited.take() {
        take(chunk, frame.array())
        continue
      }
      let decoded = frame.withBytes { bytes in
        Result { () throws(WireError) in try ObjectReply(decoding: bytes) }
      }
      // A reply that can't be read answers nothing; the piece is asked for again.
      guard case .success(let reply) = decoded else { continue }
      switch reply {
      case .missing(let digest):
        finish(digest, .unusable(reason: "the coordinator hasn't got it any more"))
      case .object(let chunk):
        if chunk.byteCount > 0 { awaited = chunk } else { take(chunk, []) }
      }
    }
  }

  private func nextFrame() throws(ZeroMQError) -> Message? {
    switch socket {
    case .some(let socket): try socket.receive()
    case .none: nil
    }
  }

  private mutating func take(_ chunk: ObjectReply.Chunk, _ data: [UInt8]) {
    guard var transfer = transfers.removeValue(forKey: chunk.digest) else { return }
    let before = transfer.inFlight
    let progress = transfer.take(chunk, data, now: MonotonicClock.now())
    inFlight -= before - transfer.inFlight
    transfers[chunk.digest] = transfer
    switch progress {
    case .incomplete: break
    case .complete(let bytes): finish(chunk.digest, .bytes(bytes))
    case .failed(let reason): finish(chunk.digest, .unusable(reason: reason))
    }
  }

  private mutating func retryStalled(now: Instant) throws(ZeroMQError) {
    for digest in queue {
      guard var transfer = transfers[digest], transfer.inFlight > 0,
        now.nanoseconds(since: transfer.lastProgress) > ObjectSession.patienceNanoseconds
      else { continue }
      guard transfer.retries < ObjectSession.retriesMax else {
        finish(digest, .unreachable(reason: silence))
        continue
      }
      let requests = transfer.requestsAgain(now: now)
      transfers[digest] = transfer
      for request in requests { _ = try send(request) }
    }
  }

  private var silence: String {
    "the coordinator at \(door) sends no photographs or backbone: its disk or the network is "
      + "stuck"
  }

  private mutating func request(now: Instant) throws(ZeroMQError) {
    for digest in queue {
      while inFlight < Channels.chunksInFlightMax,
        let request = transfers[digest]?.nextRequest(now: now)
      {
        inFlight += 1
        // A full queue is like a lost request: asked for again after a while.
        _ = try send(request)
      }
      guard inFlight < Channels.chunksInFlightMax else { return }
    }
  }

  private func send(_ request: ObjectRequest) throws(ZeroMQError) -> Bool {
    switch socket {
    case .some(let socket): try socket.send(Message(request.encoded())) == .sent
    case .none: false
    }
  }

  private mutating func finish(_ digest: ContentDigest, _ outcome: ObjectClient.Fetched.Outcome) {
    guard let transfer = transfers.removeValue(forKey: digest) else { return }
    inFlight -= transfer.inFlight
    queue.removeAll { $0 == digest }
    letters.send(.fetched(ObjectClient.Fetched(digest: digest, outcome: outcome)))
  }

  private mutating func failAll(reason: String) {
    for digest in queue { finish(digest, .unreachable(reason: reason)) }
  }
}
