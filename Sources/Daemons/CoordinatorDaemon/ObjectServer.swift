import ClusterCore
import DaemonSupport
import Digest
import Files
import Glibc
import Synchronization
import Threading
import Wire
import ZeroMQ

/// Serves immutable objects by their SHA-256, on a thread of its own, so that a slow disk never
/// delays a step. The control thread, which has the socket, hands requests over and sends the answers.
///
/// However many ask and don't read, the answers on their way take at most `byteCountMax` of memory:
/// further requests wait, and a connection that takes nothing for `patienceSeconds` meanwhile ends.
final class ObjectServer: Sendable {
  /// Where an object's bytes are.
  enum Source: Sendable {
    case memory([UInt8])
    /// The receiver checks the SHA-256, so a file that changed meanwhile harms nobody.
    case file(path: String, byteCount: Int)
  }

  struct Request: Sendable {
    let peer: PeerID
    let connection: Connection?
    let get: ObjectRequest.Get
  }

  /// For the control thread to send.
  final class Answer: Sendable {
    let peer: PeerID
    let reply: ObjectReply
    private let bytes: Mutex<Message?>

    init(_ peer: PeerID, _ reply: ObjectReply, _ bytes: consuming Message?) {
      self.peer = peer
      self.reply = reply
      self.bytes = Mutex(bytes)
    }

    /// The frame after the reply's; nil where none follows. Can be taken once.
    func takeBytes() -> Message? { bytes.withLock { $0.take() } }
  }

  /// What is on its way to somebody.
  private struct Loan {
    let peer: PeerID
    let connection: Connection?
    let byteCount: Int
    let since: Instant
  }

  private struct State {
    var loans: [UInt64: Loan] = [:]
    var byteCount = 0
    var nextLoan: UInt64 = 0
    /// Requests handed over and not answered, and answers on their way.
    var openCounts: [PeerID: Int] = [:]
    /// When such a peer last took something.
    var progress: [PeerID: Instant] = [:]
  }

  private enum Order: Sendable {
    case request(Request)
    /// Bytes came back.
    case proceed
    case stop
  }

  private static let byteCountMax = 128 << 20
  private static let patienceSeconds: UInt64 = 10
  /// How often the machine is asked again for files that it didn't let be read.
  private static let retryMilliseconds = 500

  private let objects: [ContentDigest: Source]
  private let watch: StorageWatch
  private let letters: Mailbox<CoordinatorLetter>
  private let orders = Mailbox<Order>()
  private let state = Mutex(State())
  private let thread = Mutex<NamedThread?>(nil)

  init(
    objects: [ContentDigest: Source], watch: StorageWatch, letters: Mailbox<CoordinatorLetter>
  ) {
    self.objects = objects
    self.watch = watch
    self.letters = letters
    thread.withLock { $0 = NamedThread(name: "objects") { self.run() } }
  }

  /// Ends the thread, unless a disk holds it.
  func stop() {
    orders.send(.stop)
    let thread = thread.withLock { $0.take() }
    thread?.join(patienceSeconds: 1)
  }

  /// - Returns: whether it will be answered. No worker of ours has more requests open than
  ///   `Channels.chunksInFlightMax`, or twice that when it asks again for what it missed.
  func ask(_ request: Request) -> Bool {
    let isTaken = state.withLock { state in
      guard state.openCounts[request.peer, default: 0] < 2 * Channels.chunksInFlightMax else {
        return false
      }
      state.openCounts[request.peer, default: 0] += 1
      return true
    }
    if isTaken { orders.send(.request(request)) }
    return isTaken
  }

  private func run() {
    var poller = Poller()
    _ = poller.add(fileDescriptor: orders.fileDescriptor)
    // A few for each peer.
    var waiting: [Request] = []
    var problem: String?
    while true {
      // The time matters where somebody waits: for the machine, or for others to read.
      let pause = waiting.isEmpty ? nil : ObjectServer.retryMilliseconds
      guard (try? poller.wait(timeoutMilliseconds: pause)) != nil else { return }
      var fresh: [Request] = []
      for order in orders.receiveAll() {
        switch order {
        case .request(let request): fresh.append(request)
        case .proceed: break
        case .stop: return
        }
      }
      // A slow disk fetches what they ask for at the same time, and not one after the other.
      if fresh.count > 1 { for request in fresh { announce(request.get) } }
      waiting += fresh
      let hadProblem = problem != nil
      problem = answer(&waiting)
      if problem != nil || hadProblem { letters.send(.photographsUnreadable(reason: problem)) }
      if !waiting.isEmpty, problem == nil { hangUpOnTheSlowest() }
    }
  }

  /// Answers what can be answered. With the first file that the machine doesn't let be read it stops:
  /// a file that couldn't be read now is neither missing nor damaged.
  ///
  /// - Returns: what the machine complained of.
  private func answer(_ waiting: inout [Request]) -> String? {
    var answered = 0
    defer { waiting.removeFirst(answered) }
    while answered < waiting.count, hasRoom {
      do throws(SystemError) {
        try answer(waiting[answered])
      } catch {
        return error.description
      }
      answered += 1
    }
    return nil
  }

  private var hasRoom: Bool { state.withLock { $0.byteCount < ObjectServer.byteCountMax } }

  private func hangUpOnTheSlowest() {
    let now = MonotonicClock.now()
    let slowest = state.withLock { state in
      state.loans.values
        .map { (loan: $0, at: max($0.since, state.progress[$0.peer] ?? $0.since)) }
        .min { $0.at < $1.at }
    }
    guard let slowest,
      now.nanoseconds(since: slowest.at) > ObjectServer.patienceSeconds * 1_000_000_000
    else { return }
    slowest.loan.connection?.hangUp()
  }

  /// Lets the kernel begin to read.
  private func announce(_ get: ObjectRequest.Get) {
    guard case .file(let path, let byteCount)? = objects[get.digest],
      let offset = Int(exactly: get.offset), offset < byteCount
    else { return }
    let count = min(byteCount - offset, Int(get.byteCount))
    // A drive that doesn't answer keeps this from opening, too.
    watch.during(path) {
      let descriptor = unsafe Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      guard descriptor >= 0 else { return }
      posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_WILLNEED)
      Glibc.close(descriptor)
    }
  }

  private func answer(_ request: Request) throws(SystemError) {
    guard let piece = try read(request.get) else {
      close(request.peer)
      letters.send(.object(Answer(request.peer, .missing(request.get.digest), nil)))
      return
    }
    let reply = ObjectReply.object(
      ObjectReply.Chunk(
        digest: request.get.digest, offset: request.get.offset,
        byteCount: UInt32(piece.bytes.count), byteCountTotal: UInt64(piece.byteCountTotal)))
    guard !piece.bytes.isEmpty else {
      close(request.peer)
      letters.send(.object(Answer(request.peer, reply, nil)))
      return
    }
    let loan = open(request, piece.bytes.count)
    let message = Message(lending: piece.bytes, onReturn: { [weak self] in self?.end(loan) })
    letters.send(.object(Answer(request.peer, reply, message)))
  }

  private func open(_ request: Request, _ byteCount: Int) -> UInt64 {
    state.withLock { state in
      let loan = state.nextLoan
      state.nextLoan += 1
      state.byteCount += byteCount
      state.loans[loan] = Loan(
        peer: request.peer, connection: request.connection, byteCount: byteCount,
        since: MonotonicClock.now())
      return loan
    }
  }

  /// Called by whichever thread lets go of the bytes.
  private func end(_ number: UInt64) {
    let wasFull = state.withLock { state in
      guard let loan = state.loans.removeValue(forKey: number) else { return false }
      let wasFull = state.byteCount >= ObjectServer.byteCountMax
      state.byteCount -= loan.byteCount
      state.progress[loan.peer] = MonotonicClock.now()
      ObjectServer.close(loan.peer, &state)
      return wasFull
    }
    if wasFull { orders.send(.proceed) }
  }

  private func close(_ peer: PeerID) { state.withLock { ObjectServer.close(peer, &$0) } }

  private static func close(_ peer: PeerID, _ state: inout State) {
    let left = state.openCounts[peer, default: 1] - 1
    state.openCounts[peer] = left > 0 ? left : nil
    if left <= 0 { state.progress[peer] = nil }
  }

  private typealias Piece = (bytes: [UInt8], byteCountTotal: Int)

  /// Nil where there is no such object, or not as many bytes of it.
  private func read(_ get: ObjectRequest.Get) throws(SystemError) -> Piece? {
    guard let source = objects[get.digest], let offset = Int(exactly: get.offset) else {
      return nil
    }
    switch source {
    case .memory(let bytes):
      guard offset <= bytes.count else { return nil }
      let end = min(bytes.count, offset + Int(get.byteCount))
      return (Array(bytes[offset..<end]), bytes.count)
    case .file(let path, let byteCount):
      guard offset <= byteCount else { return nil }
      let count = min(byteCount - offset, Int(get.byteCount))
      let bytes = try watch.during(path) { () throws(SystemError) in
        try readFile(path, offset: offset, byteCount: count)
      }
      guard let bytes else { return nil }
      return (bytes, byteCount)
    }
  }
}
