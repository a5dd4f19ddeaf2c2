import ClusterCore
import DaemonSupport
import Synchronization

/// Notices reading and writing that doesn't come to an end, as on a network drive whose server is gone.
/// Nothing can be done about it but to tell people, and to wait for no thread that is stuck in it.
package final class StorageWatch: Sendable {
  /// What there is to tell.
  package enum News: Equatable, Sendable {
    /// This hasn't answered for `patienceSeconds`.
    case stuck(path: String)
    /// All that was stuck has come to an end.
    case answers
  }

  private struct Work {
    let path: String
    let since: Instant
  }

  private struct State {
    var works: [UInt64: Work] = [:]
    var nextNumber: UInt64 = 0
    var isTold = false
    var lookedAt: Instant?
  }

  private let state = Mutex(State())

  /// Long for a disk that has to wake up, and soon enough for people to look.
  package static let patienceSeconds: UInt64 = 10

  /// Far more than passes between two looks.
  private static let standstillNanoseconds: UInt64 = 5_000_000_000

  package init() {}

  /// Does something with a file, on any thread.
  package func during<Result, Failure: Error>(
    _ path: String, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let number = state.withLock { state in
      state.nextNumber += 1
      state.works[state.nextNumber] = Work(path: path, since: MonotonicClock.now())
      return state.nextNumber
    }
    defer { state.withLock { $0.works[number] = nil } }
    return try body()
  }

  /// What has changed since it was told last.
  package func news(at now: Instant) -> News? {
    state.withLock { state in
      // Who looks every second and didn't for many was stopped itself, and so was what it waits for.
      if let before = state.lookedAt, now.nanoseconds(since: before) > Self.standstillNanoseconds {
        let lost = now.nanoseconds(since: before)
        state.works = state.works.mapValues {
          Work(path: $0.path, since: $0.since.advanced(byNanoseconds: lost))
        }
      }
      state.lookedAt = now
      let oldest = state.works.values.min { $0.since < $1.since }
      let stuck = oldest.flatMap { work in
        now.nanoseconds(since: work.since) > StorageWatch.patienceSeconds * 1_000_000_000
          ? work.path : nil
      }
      guard (stuck != nil) != state.isTold else { return nil }
      state.isTold = stuck != nil
      return stuck.map { .stuck(path: $0) } ?? .answers
    }
  }
}
