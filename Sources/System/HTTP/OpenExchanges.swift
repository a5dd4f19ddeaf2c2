import Synchronization

/// All exchanges of a server that have begun and not ended, and what has been counted of them.
final class OpenExchanges: Sendable {
  private struct State {
    var open: [ObjectIdentifier: OpenExchange] = [:]
    /// Of all bodies that are here.
    var bodyBytes = 0
    /// Whether no body is taken any more.
    var isEnding = false
    /// Whether nobody waits for a handler any more.
    var isClosed = false
    var counts = HTTPCounts()
    var whenDone: (@Sendable () -> Void)?
  }

  private let state = Mutex(State())

  var counts: HTTPCounts {
    state.withLock { state in
      var counts = state.counts
      counts.open = state.open.count
      counts.bodyBytes = state.bodyBytes
      return counts
    }
  }

  var isEnding: Bool { state.withLock { $0.isEnding } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  func add(_ exchange: OpenExchange) {
    state.withLock { $0.open[ObjectIdentifier(exchange)] = exchange }
  }

  /// An answer that is sent without waiting for the rest of its request.
  func noteAtOnce(status: Int) {
    state.withLock { $0.counts.note(status: status, handlerSeconds: nil) }
  }

  /// Whether so many bytes more may be kept; they count until the exchange ends.
  func takeBytes(_ count: Int, upTo limit: Int) -> Bool {
    state.withLock { state in
      guard state.bodyBytes + count <= limit else { return false }
      state.bodyBytes += count
      return true
    }
  }

  /// - Parameter isWhole: whether all of the answer was sent.
  func remove(_ exchange: OpenExchange, isWhole: Bool) {
    let record = exchange.record
    let seconds = (ContinuousClock.now - exchange.begin) / .seconds(1)
    let whenDone = state.withLock { state -> (@Sendable () -> Void)? in
      state.open[ObjectIdentifier(exchange)] = nil
      state.bodyBytes -= record.keptBytes
      state.counts.note(
        status: isWhole ? record.status : nil, handlerSeconds: record.wasHandedOver ? seconds : nil)
      return state.isEnding && state.open.isEmpty ? state.whenDone : nil
    }
    whenDone?()
  }

  /// From now on no body is taken.
  ///
  /// - Parameter whenDone: called when nothing is open any more, at once or on the server's thread.
  func beginToEnd(whenDone: @escaping @Sendable () -> Void) {
    let isDone = state.withLock { state in
      state.isEnding = true
      state.whenDone = whenDone
      return state.open.isEmpty
    }
    if isDone { whenDone() }
  }

  /// Answers whatever still waits for its handler.
  func close(_ answer: HTTPAnswer) {
    let open = state.withLock { state in
      state.isEnding = true
      state.isClosed = true
      return Array(state.open.values)
    }
    for exchange in open { exchange.reply(answer) }
  }
}
