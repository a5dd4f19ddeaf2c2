import Glibc
import Synchronization

/// The connections of a server. Each has only so long for the next whole exchange: who sends a request
/// byte by byte, reads an answer as slowly, or holds a connection for nothing, is hung up on.
public final class HTTPConnections: Sendable {
  private struct Connection {
    let descriptor: Int32
    /// Its beginning, or the end of its last exchange.
    var since: ContinuousClock.Instant
    /// Whether the server owes it an answer, so that it is no fault of the client's that nothing happens.
    var isHeld = false
    /// Whether it has an answer that the library knows nothing of.
    var isRefused = false
  }

  private struct State {
    var open: [UInt: Connection] = [:]
    var newestRequest: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  init() {}

  public var count: Int { state.withLock { $0.open.count } }

  /// When somebody was last answered.
  public var newestRequest: ContinuousClock.Instant? { state.withLock { $0.newestRequest } }

  /// Ends those that have begun, or finished their last exchange, before an instant.
  public func end(idleSince instant: ContinuousClock.Instant) {
    state.withLock { state in
      for connection in state.open.values where connection.since < instant && !connection.isHeld {
        // The server closes it then: until that is told, below, the descriptor is this connection's.
        shutdown(connection.descriptor, Int32(SHUT_RDWR))
      }
    }
  }

  func add(_ number: UInt, descriptor: Int32) {
    state.withLock { $0.open[number] = Connection(descriptor: descriptor, since: .now) }
  }

  func noteExchange(_ number: UInt) {
    state.withLock { state in
      state.open[number]?.since = .now
      state.newestRequest = .now
    }
  }

  /// It waits for an answer.
  func hold(_ number: UInt) { state.withLock { $0.open[number]?.isHeld = true } }

  /// It has its answer, and time to take it.
  func release(_ number: UInt) {
    state.withLock { state in
      state.open[number]?.isHeld = false
      state.open[number]?.since = .now
    }
  }

  /// Sends an answer past the library, which mustn't be sending another, and ends the connection.
  func refuse(_ number: UInt, _ message: [UInt8]) {
    state.withLock { state in
      guard let connection = state.open[number], !connection.isRefused else { return }
      state.open[number]?.isRefused = true
      // A socket that has sent all answers before takes some hundred bytes at once; who is gone needs none.
      _ = unsafe message.withUnsafeBytes { bytes in
        unsafe send(
          connection.descriptor, bytes.baseAddress, bytes.count,
          Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
      }
      shutdown(connection.descriptor, Int32(SHUT_RDWR))
    }
  }

  func isRefused(_ number: UInt) -> Bool { state.withLock { $0.open[number]?.isRefused ?? false } }

  func remove(_ number: UInt) { state.withLock { _ = $0.open.removeValue(forKey: number) } }
}
