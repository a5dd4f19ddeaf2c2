import CMicrohttpd
import Synchronization

/// A request and its answer, from the end of the request's head to the last byte of the answer.
///
/// The server's thread reads and sends; the answer may come from any.
final class OpenExchange: Sendable {
  /// Goes from left to right: receiving → waiting → answering, or dropping → answering, or answering alone.
  private enum Phase {
    /// The body is on its way to the handler.
    case receiving
    /// The handler has the request; the library leaves the connection alone until it is resumed.
    case waiting(connection: UInt)
    /// What still comes of the body is dropped.
    case dropping
    case answering
  }

  private struct State {
    var phase: Phase
    var body: [UInt8] = []
    /// Of the body, kept or dropped.
    var receivedBytes = 0
    /// Of the body, here or with the handler.
    var keptBytes = 0
    var wasHandedOver = false
    var answer: HTTPAnswer?
  }

  let request: HTTPRequest
  let begin = ContinuousClock.now
  private let announcedBytes: Int?
  private let connections: HTTPConnections
  private let state: Mutex<State>

  /// - Parameters:
  ///   - announcedBytes: the length of the body, where the client said it.
  ///   - answer: where it is known already; nil where the handler is to get the body.
  init(
    _ request: HTTPRequest, announcedBytes: Int?, answer: HTTPAnswer?, connections: HTTPConnections
  ) {
    self.request = request
    self.announcedBytes = announcedBytes
    self.connections = connections
    state = Mutex(State(phase: answer == nil ? .receiving : .dropping, answer: answer))
  }

  /// How it went.
  struct Record {
    /// Nil where there is no answer.
    let status: Int?
    /// Of the body, as long as the exchange goes on.
    let keptBytes: Int
    let wasHandedOver: Bool
  }

  var record: Record {
    state.withLock {
      Record(
        status: $0.answer?.status, keptBytes: $0.keptBytes, wasHandedOver: $0.wasHandedOver)
    }
  }

  /// Takes a piece of the body.
  ///
  /// - Parameter refusal: what to answer where so many bytes more, which make a body of so many in all,
  ///   can't be kept; nil where they can.
  /// - Returns: false where the connection is to end without an answer, because the body has no end.
  func receive(
    _ piece: UnsafeRawBufferPointer, limits: HTTPUploads,
    refusal: (_ count: Int, _ total: Int) -> HTTPAnswer?
  ) -> Bool {
    state.withLock { state in
      state.receivedBytes += piece.count
      guard case .receiving = state.phase else {
        return state.receivedBytes <= limits.droppedBytesMax
      }
      if let answer = refusal(piece.count, state.receivedBytes) {
        state.phase = .dropping
        state.answer = answer
        state.body = []
        return true
      }
      let needed = state.body.count + piece.count
      if needed > state.body.capacity {
        // In steps, however much was announced: memory is taken for what has come.
        let wanted = max(2 * needed, 1 << 16)
        state.body.reserveCapacity(min(wanted, announcedBytes ?? wanted, limits.bodyBytesMax))
      }
      unsafe state.body.append(contentsOf: piece)
      state.keptBytes = state.body.count
      return true
    }
  }

  /// What is to be done when the request is whole.
  enum Turn {
    case answer(HTTPAnswer)
    /// The handler gets the request; the connection is suspended.
    case handOver(HTTPRequest)
    case wait
  }

  /// Called on the server's thread.
  func turn(_ connection: OpaquePointer) -> Turn {
    state.withLock { state in
      if let answer = state.answer {
        state.phase = .answering
        return .answer(answer)
      }
      guard case .receiving = state.phase else { return .wait }
      var request = request
      swap(&request.body, &state.body)
      let number = UInt(bitPattern: connection)
      state.phase = .waiting(connection: number)
      state.wasHandedOver = true
      connections.hold(number)
      // The library's thread is here, in a call for this connection.
      unsafe MHD_suspend_connection(connection)
      return .handOver(request)
    }
  }

  /// Gives the answer, if there is none yet.
  func reply(_ answer: HTTPAnswer) {
    state.withLock { state in
      guard case .waiting(let number) = state.phase,
        let connection = unsafe OpaquePointer(bitPattern: number)
      else { return }
      state.phase = .answering
      state.answer = answer
      connections.release(number)
      // A connection that waits stays until it is resumed, here, and this happens once.
      unsafe MHD_resume_connection(connection)
    }
  }
}
