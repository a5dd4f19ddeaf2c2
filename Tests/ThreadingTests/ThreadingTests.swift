import Glibc
import Synchronization
import Testing
import Threading

@Suite struct NamedThreadTests {
  @Test func `a thread runs its body and join waits for the end`() {
    let box = Box(value: 0)
    let thread = NamedThread(name: "a name longer than fifteen bytes") {
      box.value.store(7, ordering: .releasing)
    }
    thread.join()
    thread.join()
    #expect(box.value.load(ordering: .acquiring) == 7)
  }

  @Test func `a thread that doesn't end is left to itself`() {
    let queue = WorkQueue<Int>()
    let thread = NamedThread(name: "stuck") { _ = queue.take() }
    #expect(!thread.join(patienceSeconds: 0))
    queue.close()
    let other = NamedThread(name: "quick") {}
    #expect(other.join(patienceSeconds: 60))
  }

  @Test func `of several threads those that don't end are left to themselves`() {
    let queue = WorkQueue<Int>()
    let stuck = NamedThread(name: "stuck") { _ = queue.take() }
    let quick = NamedThread(name: "quick") {}
    #expect([quick].join(patienceSeconds: 60))
    #expect(![quick, stuck].join(patienceSeconds: 0))
    queue.close()
  }

  private final class Box: Sendable {
    let value: Atomic<Int>
    init(value: Int) { self.value = Atomic(value) }
  }
}

@Suite struct WorkQueueTests {
  @Test func `urgent work overtakes what waits, and order is kept within each class`() {
    let queue = WorkQueue<Int>()
    for number in 0..<5 { queue.add(number) }
    queue.add(100, urgent: true)
    queue.add(101, urgent: true)
    var taken: [Int] = []
    for _ in 0..<7 { taken.append(queue.take() ?? -1) }
    #expect(taken == [100, 101, 0, 1, 2, 3, 4])
  }

  @Test func `all work is taken exactly once by several threads, which end when it closes`() {
    let queue = WorkQueue<Int>()
    let results = Mailbox<Int>()
    let threads = (0..<4).map { number in
      NamedThread(name: "taker-\(number)") {
        while let work = queue.take() { results.send(work) }
      }
    }
    for number in 0..<1_000 { queue.add(number, urgent: number.isMultiple(of: 3)) }
    var received: [Int] = []
    while received.count < 1_000 { received += results.receiveAll() }
    queue.close()
    for thread in threads { thread.join() }
    #expect(received.sorted() == Array(0..<1_000))
  }

  @Test func `a closed queue gives nothing more`() {
    let queue = WorkQueue<Int>()
    queue.add(1)
    queue.close()
    #expect(queue.take() == nil)
    #expect(queue.take() == nil)
  }
}

@Suite struct SignalSourceTests {
  @Test func `a signal becomes something to read`() {
    // In a thread of its own: what it blocks would stay blocked in the test runner's.
    let seen = Mailbox<Int32?>()
    let thread = NamedThread(name: "signals") {
      let source = SignalSource([SIGUSR1])
      seen.send(source.next())
      pthread_kill(pthread_self(), SIGUSR1)
      seen.send(source.next())
      seen.send(source.next())
    }
    thread.join()
    #expect(seen.receiveAll() == [nil, SIGUSR1, nil])
  }
}
