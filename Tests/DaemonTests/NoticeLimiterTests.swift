import ClusterCore
import CoordinatorDaemon
import Testing

@Suite struct NoticeLimiterTests {
  @Test func `a cluster may come at once, and who comes without end is counted`() {
    var limiter = NoticeLimiter()
    var told = 0
    for number in 0..<100_000 {
      let at = Instant(nanoseconds: UInt64(number) * 1_000_000)
      if limiter.admit(at: at).isTold { told += 1 }
    }
    #expect((4_096...4_200).contains(told))
    let next = limiter.admit(at: Instant(nanoseconds: 200_000_000_000))
    #expect(next.isTold && next.summary?.contains("more times") == true)
    #expect(limiter.admit(at: Instant(nanoseconds: 200_000_000_000)).summary == nil)
  }
}
