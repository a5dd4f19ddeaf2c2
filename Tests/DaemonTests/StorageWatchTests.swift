import ClusterCore
import CoordinatorDaemon
import DaemonSupport
import Testing
import Threading

@Suite struct StorageWatchTests {
  private func later(_ seconds: UInt64) -> Instant {
    Instant(nanoseconds: MonotonicClock.now().nanoseconds + seconds * 1_000_000_000)
  }

  /// The first news of those who look every two seconds.
  private func news(_ watch: StorageWatch, from first: UInt64, to last: UInt64) -> StorageWatch
    .News?
  {
    stride(from: first, through: last, by: 2).lazy.compactMap { watch.news(at: later($0)) }.first
  }

  /// A thread that reads until it may end.
  private func stuck(
    at path: String, _ watch: StorageWatch
  ) -> (thread: NamedThread, mayEnd: WorkQueue<Void>) {
    let (begun, mayEnd) = (Mailbox<Void>(), WorkQueue<Void>())
    let thread = NamedThread(name: "stuck") {
      watch.during(path) {
        begun.send(())
        _ = mayEnd.take()
      }
    }
    while begun.receiveAll().isEmpty { _ = thread }
    return (thread, mayEnd)
  }

  @Test func `a file that doesn't answer is told of once, and once more when it does`() throws {
    let watch = StorageWatch()
    let (thread, mayEnd) = stuck(at: "/net/photographs/a.jpg", watch)
    #expect(news(watch, from: 1, to: 9) == nil)
    #expect(news(watch, from: 11, to: 13) == .stuck(path: "/net/photographs/a.jpg"))
    #expect(news(watch, from: 15, to: 21) == nil)
    mayEnd.close()
    thread.join()
    #expect(news(watch, from: 23, to: 23) == .answers)
    #expect(news(watch, from: 25, to: 40) == nil)
  }

  @Test func `a process that was stopped for long blames no disk`() throws {
    let watch = StorageWatch()
    let (thread, mayEnd) = stuck(at: "a", watch)
    #expect(news(watch, from: 1, to: 5) == nil)
    // An hour in which nothing ran.
    #expect(news(watch, from: 3_605, to: 3_609) == nil)
    #expect(news(watch, from: 3_611, to: 3_625) == .stuck(path: "a"))
    mayEnd.close()
    thread.join()
  }

  @Test func `what comes to an end in time is not spoken of`() throws {
    let watch = StorageWatch()
    #expect(watch.during("a") { 5 } == 5)
    #expect(watch.news(at: later(600)) == nil)
  }
}
