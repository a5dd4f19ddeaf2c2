import DaemonSupport
import Digest
import Glibc
import Threading
import Wire
import ZeroMQ

/// Serves immutable objects by their SHA-256, on a thread and through a socket of its own, so that
/// a large object never delays a step.
final class ObjectServer: Sendable {
  /// Where an object's bytes are.
  enum Source: Sendable {
    case memory([UInt8])
    /// The receiver checks the SHA-256, so a file that changed meanwhile harms nobody.
    case file(path: String, byteCount: Int)
  }

  /// Where workers ask, with the port that was taken.
  let endpoint: Endpoint
  private let socket: Socket
  private let objects: [ContentDigest: Source]
  private let stopping = Mailbox<Void>()

  private typealias Request = (route: [UInt8], get: ObjectRequest.Get)

  /// Requests that wait for the machine to let files be read; what goes beyond workers repeat.
  private static let postponedMax = 4_096
  /// How often those are tried again.
  private static let retryMilliseconds = 500

  /// Listens at once; `start` begins to answer.
  init(
    context: Context, endpoint: Endpoint, objects: [ContentDigest: Source]
  ) throws(ZeroMQError) {
    socket = try Socket(.router, in: context)
    try socket.apply(Channels.objectOptions)
    self.endpoint = try socket.bind(endpoint)
    self.objects = objects
  }

  /// - Parameter letters: told when the machine doesn't let files be read, and when it does again.
  /// - Returns: the thread, which ends after `stop`.
  func start(letters: Mailbox<CoordinatorLetter>) -> NamedThread {
    NamedThread(name: "objects") { self.run(letters) }
  }

  func stop() { stopping.send(()) }

  private func run(_ letters: Mailbox<CoordinatorLetter>) {
    var postponed: [Request] = []
    var poller = Poller()
    let requests = poller.add(socket)
    let end = poller.add(fileDescriptor: stopping.fileDescriptor)
    while !poller.isReady(end) {
      do throws(ZeroMQError) {
        let wasStopped = !postponed.isEmpty
        try poller.wait(timeoutMilliseconds: wasStopped ? Self.retryMilliseconds : nil)
        var due = postponed
        postponed = []
        if poller.isReady(requests) { due += try takeRequests() }
        let problem = try answer(due, postponed: &postponed)
        if let problem {
          letters.send(.photographsUnreadable(reason: problem))
        } else if wasStopped {
          letters.send(.photographsUnreadable(reason: nil))
        }
      } catch {
        // A peer's fault never ends up here, and without objects no worker can join any more; those
        // that have theirs go on.
        return
      }
    }
  }

  /// Takes all requests that have come before it answers the first: a slow disk then fetches what
  /// they ask for at the same time, and not one after the other.
  private func takeRequests() throws(ZeroMQError) -> [Request] {
    var requests: [Request] = []
    while requests.count < Channels.messagesPerTurnMax, let message = try socket.receiveRouted() {
      let decoded = message.control.withBytes { bytes in
        try? ObjectRequest(decoding: bytes)
      }
      // Whoever asks nonsense gets no answer.
      guard case .get(let get)? = decoded, message.tensor == nil else { continue }
      requests.append((message.route, get))
    }
    if requests.count > 1 { for (_, get) in requests { announce(get) } }
    return requests
  }

  /// Answers what can be answered. With the first file that the machine doesn't let be read it stops
  /// and postpones the rest: a file that couldn't be read now is neither missing nor damaged.
  ///
  /// - Returns: what the machine complained of.
  private func answer(
    _ requests: [Request], postponed: inout [Request]
  ) throws(ZeroMQError) -> String? {
    for (index, (route, get)) in requests.enumerated() {
      let piece: Piece?
      do throws(UnreadableFile) {
        piece = try read(get)
      } catch {
        postponed = Array(requests[index...].prefix(Self.postponedMax))
        return error.description
      }
      try send(piece, of: get, to: route)
    }
    return nil
  }

  /// Lets the kernel begin to read.
  private func announce(_ get: ObjectRequest.Get) {
    guard case .file(let path, let byteCount)? = objects[get.digest],
      let offset = Int(exactly: get.offset), offset < byteCount
    else { return }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    let count = min(byteCount - offset, Int(get.byteCount))
    posix_fadvise(descriptor, off_t(offset), off_t(count), POSIX_FADV_WILLNEED)
    close(descriptor)
  }

  private func send(
    _ piece: Piece?, of get: ObjectRequest.Get, to route: [UInt8]
  ) throws(ZeroMQError) {
    // A peer that is gone or doesn't read asks again if it cares.
    guard try socket.send(Message(route), more: true) == .sent else { return }
    guard let piece else {
      _ = try socket.send(Message(ObjectReply.missing(get.digest).encoded()))
      return
    }
    let chunk = ObjectReply.Chunk(
      digest: get.digest, offset: get.offset, byteCount: UInt32(piece.bytes.count),
      byteCountTotal: UInt64(piece.byteCountTotal))
    guard try socket.send(Message(ObjectReply.object(chunk).encoded()), more: true) == .sent
    else { return }
    _ = try socket.send(Message(piece.bytes))
  }

  private typealias Piece = (bytes: [UInt8], byteCountTotal: Int)

  /// Nil where there is no such object, or not as many bytes of it.
  private func read(_ get: ObjectRequest.Get) throws(UnreadableFile) -> Piece? {
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
      guard let bytes = try readFile(path, offset: offset, byteCount: count) else { return nil }
      return (bytes, byteCount)
    }
  }
}
