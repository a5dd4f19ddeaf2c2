import ClusterCore
import Digest
import Testing
import WorkerDaemon

@Suite struct SupplyBookTests {
  private static let second: UInt64 = 1_000_000_000
  private let width = SupplyBook.Rules.server.widthMax
  private let rest = SupplyBook.restNanoseconds

  private func at(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }
  private func photograph(_ number: Int) -> ContentDigest { .sha256(Array("\(number)".utf8)) }

  /// A book whose server has failed until it rests, at the beginning of time.
  private func resting() -> SupplyBook {
    var book = SupplyBook(.server)
    fail(&book, at: 0)
    return book
  }

  private func fail(_ book: inout SupplyBook, at nanoseconds: UInt64) {
    for number in 0..<SupplyBook.failuresMax {
      _ = book.want(photograph(number), at: at(nanoseconds))
      _ = book.take(.failed(reason: "no"), of: photograph(number), at: at(nanoseconds))
    }
  }

  @Test func `what is wanted is looked for, a few at a time and in its order`() {
    var book = SupplyBook(.server)
    for number in 0..<width {
      #expect(book.want(photograph(number), at: at(0)) == [.look(photograph(number))])
    }
    #expect(book.want(photograph(width), at: at(0)).isEmpty)
    #expect(book.want(photograph(width + 1), at: at(0)).isEmpty)
    // Twice wanted is looked for once.
    #expect(book.want(photograph(0), at: at(0)).isEmpty)
    #expect(book.want(photograph(width), at: at(0)).isEmpty)
    #expect(
      book.take(.bytes([7]), of: photograph(1), at: at(1))
        == [.deliver(photograph(1), [7]), .look(photograph(width))])
    #expect(
      book.take(.absent(at: nil), of: photograph(0), at: at(1))
        == [.askCoordinator(photograph(0)), .look(photograph(width + 1))])
    #expect(book.takeNews().isEmpty)
  }

  @Test func `the coordinator is asked for what fails, and the first failure is told`() {
    var book = SupplyBook(.server)
    for number in 0..<50 {
      #expect(book.want(photograph(number), at: at(0)) == [.look(photograph(number))])
      let outcome: SupplyOutcome =
        number.isMultiple(of: 2) ? .failed(reason: "cause \(number)") : .bytes([1])
      let step: SupplyBook.Step =
        number.isMultiple(of: 2)
        ? .askCoordinator(photograph(number)) : .deliver(photograph(number), [1])
      #expect(book.take(outcome, of: photograph(number), at: at(0)) == [step])
    }
    #expect(book.takeNews() == [.failed(reason: "cause 0")])
    #expect(book.takeNews().isEmpty)
  }

  @Test func `a server that fails again and again is left alone, and nothing waits for it`() {
    var book = SupplyBook(.server)
    for number in 0..<width + 3 { _ = book.want(photograph(number), at: at(0)) }
    for number in 0..<SupplyBook.failuresMax - 1 {
      #expect(
        book.take(.failed(reason: "no"), of: photograph(number), at: at(1)).first
          == .askCoordinator(photograph(number)))
    }
    let last = SupplyBook.failuresMax - 1
    let steps = book.take(.failed(reason: "no"), of: photograph(last), at: at(1))
    #expect(steps.count == width + 3 - last)
    for number in last..<width + 3 {
      #expect(steps.contains(.askCoordinator(photograph(number))))
    }
    #expect(
      book.takeNews() == [
        .failed(reason: "no"), .rests(failures: SupplyBook.failuresMax, seconds: 60),
      ])
    // What it gives now comes too late, and changes nothing.
    #expect(book.take(.bytes([1]), of: photograph(last + 1), at: at(2)).isEmpty)
    #expect(
      book.want(photograph(99), at: at(rest)) == [.askCoordinator(photograph(99))])
  }

  @Test func `after its rest one photograph decides whether it is asked again`() {
    var book = resting()
    let end = at(rest)
    #expect(book.want(photograph(10), at: end) == [.look(photograph(10))])
    #expect(book.want(photograph(11), at: end) == [.askCoordinator(photograph(11))])
    #expect(
      book.take(.bytes([1]), of: photograph(10), at: end) == [.deliver(photograph(10), [1])])
    #expect(book.want(photograph(12), at: end) == [.look(photograph(12))])
    #expect(book.want(photograph(13), at: end) == [.look(photograph(13))])
  }

  @Test func `a server that still fails rests twice as long each time, an hour at most`() {
    var book = resting()
    var now: UInt64 = 0
    var pause = rest
    for number in 0..<12 {
      now += pause
      #expect(
        book.want(photograph(100), at: at(now - 1)) == [.askCoordinator(photograph(100))])
      #expect(book.want(photograph(number), at: at(now)) == [.look(photograph(number))])
      #expect(
        book.take(.failed(reason: "no"), of: photograph(number), at: at(now))
          == [.askCoordinator(photograph(number))])
      pause = min(pause * 2, 3_600 * Self.second)
    }
    // Told once, not at each rest.
    #expect(book.takeNews().count == 2)
    // A photograph makes it as good as new.
    now += pause
    _ = book.want(photograph(50), at: at(now))
    _ = book.take(.bytes([1]), of: photograph(50), at: at(now))
    fail(&book, at: now)
    #expect(book.want(photograph(51), at: at(now + rest)) == [.look(photograph(51))])
  }

  @Test func `a server without the run's photographs is asked for no more of them`() {
    var book = SupplyBook(.server)
    for number in 0..<SupplyBook.vainMax {
      #expect(book.want(photograph(number), at: at(0)) == [.look(photograph(number))])
      #expect(
        book.take(.absent(at: "place \(number)"), of: photograph(number), at: at(0))
          == [.askCoordinator(photograph(number))])
    }
    #expect(book.takeNews() == [.holdsNothing(last: "place \(SupplyBook.vainMax - 1)")])
    #expect(book.want(photograph(99), at: at(rest * 100)) == [.askCoordinator(photograph(99))])
    book.beginRun()
    #expect(book.want(photograph(99), at: at(0)) == [.look(photograph(99))])
  }

  @Test func `a folder without the run's photographs is still looked into`() {
    var book = SupplyBook(.folder)
    for number in 0..<SupplyBook.vainMax {
      _ = book.want(photograph(number), at: at(0))
      _ = book.take(.absent(at: nil), of: photograph(number), at: at(0))
    }
    #expect(book.takeNews() == [.holdsNothing(last: nil)])
    #expect(book.want(photograph(99), at: at(0)) == [.look(photograph(99))])
  }

  @Test(arguments: [SupplyBook.Rules.folder, .server])
  func `what doesn't answer is stuck, and the coordinator asked from then on`(
    _ rules: SupplyBook.Rules
  ) {
    var book = SupplyBook(rules)
    _ = book.want(photograph(1), at: at(0))
    _ = book.want(photograph(2), at: at(5))
    #expect(book.tick(at: at(rules.patienceNanoseconds)).isEmpty)
    #expect(
      book.tick(at: at(rules.patienceNanoseconds + 1))
        == [.askCoordinator(photograph(1)), .askCoordinator(photograph(2))])
    #expect(book.takeNews() == [.isStuck])
    book.beginRun()
    #expect(book.want(photograph(3), at: at(0)) == [.askCoordinator(photograph(3))])
  }

  @Test func `another run trusts it again, and hears of its failures anew`() {
    var book = resting()
    _ = book.takeNews()
    book.beginRun()
    fail(&book, at: 1)
    #expect(
      book.takeNews() == [
        .failed(reason: "no"), .rests(failures: SupplyBook.failuresMax, seconds: 60),
      ])
  }
}
