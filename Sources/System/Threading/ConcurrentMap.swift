import Synchronization

/// Computes a value for each index below `count` on several threads, of which the caller's is one;
/// each takes the next index that nobody has.
///
/// - Parameters:
///   - threads: how many at most, the caller's among them; at least one computes.
///   - name: of the helping threads; a number is added.
///   - stackBytes: of the helping threads.
///   - progress: called on the caller's thread with the number of values there are.
///   - buffers: makes what each thread needs of its own, once, on that thread.
///   - compute: the value of an index.
/// - Returns: the values in the order of their indices.
/// - Throws: the failure that was seen first; no index is begun after it.
public func concurrentMap<Value: Sendable, Buffers: ~Copyable, Failure: Error>(
  count: Int, threads: Int, name: String, stackBytes: Int = 1 << 20,
  progress: (_ done: Int) -> Void = { _ in },
  buffers: @escaping @Sendable () throws(Failure) -> Buffers,
  compute: @escaping @Sendable (_ index: Int, _ buffers: inout Buffers) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  let computation = ConcurrentComputation<Value, Failure>(count: count)
  let helpers = (1..<max(1, min(threads, count))).map { number in
    NamedThread(name: "\(name)-\(number)", stackBytes: stackBytes) {
      computation.run(progress: { _ in }, buffers: buffers, compute: compute)
    }
  }
  computation.run(progress: progress, buffers: buffers, compute: compute)
  for helper in helpers { helper.join() }
  let values = try computation.result()
  progress(count)
  return values
}

/// As above, for what needs no buffers.
public func concurrentMap<Value: Sendable, Failure: Error>(
  count: Int, threads: Int, name: String, stackBytes: Int = 1 << 20,
  progress: (_ done: Int) -> Void = { _ in },
  compute: @escaping @Sendable (_ index: Int) throws(Failure) -> Value
) throws(Failure) -> [Value] {
  try concurrentMap(
    count: count, threads: threads, name: name, stackBytes: stackBytes, progress: progress,
    buffers: { () throws(Failure) in () },
    compute: { (index, _: inout Void) throws(Failure) in try compute(index) })
}

/// What the threads of one `concurrentMap` share.
private final class ConcurrentComputation<Value: Sendable, Failure: Error>: Sendable {
  private struct State {
    var values: [Value?]
    var doneCount = 0
    var failure: Failure?
  }

  private let count: Int
  private let next = Atomic<Int>(0)
  private let state: Mutex<State>

  init(count: Int) {
    self.count = count
    state = Mutex(State(values: Array(repeating: nil, count: count)))
  }

  /// Computes until nothing is left or one of the threads has failed.
  func run<Buffers: ~Copyable>(
    progress: (Int) -> Void, buffers makeBuffers: () throws(Failure) -> Buffers,
    compute: (Int, inout Buffers) throws(Failure) -> Value
  ) {
    do throws(Failure) {
      var buffers = try makeBuffers()
      while let index = take() {
        let value = try compute(index, &buffers)
        progress(keep(value, at: index))
      }
    } catch {
      state.withLock { if $0.failure == nil { $0.failure = error } }
    }
  }

  private func take() -> Int? {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < count, state.withLock({ $0.failure == nil }) else { return nil }
    return index
  }

  /// Gives the number of values there are.
  private func keep(_ value: Value, at index: Int) -> Int {
    state.withLock { state in
      state.values[index] = value
      state.doneCount += 1
      return state.doneCount
    }
  }

  func result() throws(Failure) -> [Value] {
    let state = state.withLock { $0 }
    if let failure = state.failure { throw failure }
    return state.values.compactMap(\.self)
  }
}
