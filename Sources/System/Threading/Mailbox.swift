import Synchronization

/// Values that other threads leave for one thread, which can wait for them together with its
/// sockets: the descriptor is readable while the box holds something.
public final class Mailbox<Value: Sendable>: Sendable {
  private let values = Mutex<[Value]>([])
  private let event = EventDescriptor(.latch)

  public init() {}

  /// Readable while the box holds something.
  public var fileDescriptor: Int32 { event.fileDescriptor }

  /// Leaves a value. Never blocks; whoever sends bounds how much may lie here.
  public func send(_ value: Value) {
    let wasEmpty = values.withLock { values in
      values.append(value)
      return values.count == 1
    }
    if wasEmpty { event.raise() }
  }

  /// Takes everything, in the order in which it was left.
  public func receiveAll() -> [Value] {
    // Lowering first: a value left in between raises the event anew, at the cost of one vain look.
    event.lower()
    return values.withLock { values in
      let all = values
      values = []
      return all
    }
  }
}
