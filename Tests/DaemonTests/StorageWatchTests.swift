import ClusterCore
import CoordinatorDaemon
import DaemonSupport
import Testing
import Threading

@Suite struct StorageWatchTests {
  private func later(_ seconds: UInt64) -> Instant {
    Instant(nanoseconds: MonotonicClock.now().nanoseconds + seconds * 1_000_000_000)
  }

  @Test func `a file that doesn't answer is told of once, and once more when it does`() throws {
    let watch = StorageWatch()
    let (begun, mayEnd) = (Mailbox<Void>(), WorkQueue<Void>())
    let thread = NamedThread(name: "stuck") {
      watch.during("/net/photographs/a.jpg") {
        begun.send(())
        _ = mayEnd.take()
      }
    }
    while begun.receiveAll().isEmpty { _ = thread }
    #expect(watch.news(at: later(1)) == nil)
    #expect(watch.news(at: later(11)) == .stuck(path: "/net/photographs/a.jpg"))
    #expect(watch.news(at: later(20)) == nil)
    mayEnd.close()
    thread.join()
    #expect(watch.news(at: later(30)) == .answers)
    #expect(watch.news(at: later(40)) == nil)
  }

  @Test func `what comes to an end in time is not spoken of`() throws {
    let watch = StorageWatch()
    #expect(watch.during("a") { 5 } == 5)
    #expect(watch.news(at: later(600)) == nil)
  }
}
