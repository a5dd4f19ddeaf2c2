import Synchronization

/// Work for a group of threads, in two classes: each thread takes what is urgent first.
public final class WorkQueue<Work: Sendable>: Sendable {
  private struct State {
    var urgent = FirstInFirstOut<Work>()
    var ordinary = FirstInFirstOut<Work>()
    var isClosed = false
  }

  private let state = Mutex(State())
  private let available = EventDescriptor(.semaphore)

  public init() {}

  /// Adds work. Never blocks; whoever adds bounds how much may wait.
  public func add(_ work: Work, urgent: Bool = false) {
    state.withLock { state in
      if urgent { state.urgent.append(work) } else { state.ordinary.append(work) }
    }
    available.raise()
  }

  /// Waits for work; nil once the queue is closed. What still waited then is dropped.
  public func take() -> Work? {
    available.lower()
    let (work, isClosed) = state.withLock { state in
      state.isClosed ? (nil, true) : (state.urgent.popFirst() ?? state.ordinary.popFirst(), false)
    }
    // The next waiting thread is to see the end too.
    if isClosed { available.raise() }
    precondition(isClosed || work != nil, "the semaphore counts what the queue holds")
    return work
  }

  /// Ends the waiting of every thread, now and later.
  public func close() {
    state.withLock { $0.isClosed = true }
    available.raise()
  }
}

/// An array whose front is removed in constant time on average.
struct FirstInFirstOut<Element> {
  private var elements: [Element?] = []
  private var head = 0

  mutating func append(_ element: Element) { elements.append(element) }

  mutating func popFirst() -> Element? {
    guard head < elements.count else { return nil }
    let element = elements[head]
    elements[head] = nil
    head += 1
    if head * 2 > elements.count {
      elements.removeFirst(head)
      head = 0
    }
    return element
  }
}
