import ClusterCore
import Digest

/// What people may want to know of the place in which a worker looks for photographs.
public enum PhotographNews: Equatable, Sendable {
  /// None of the first photographs of a run that were looked for is there; with where the last one was
  /// looked for, if that helps.
  case holdsNothing(last: String?)
  /// The place doesn't answer; it isn't asked again.
  case isStuck
  /// A photograph didn't come, for the first time in a run.
  case failed(reason: String)
  /// Several in a row didn't come, for the first time in a run: the place is left alone for a while.
  case rests(failures: Int, seconds: Int)
}

/// Which photographs are looked for in a place that isn't the coordinator's, and which the coordinator is
/// asked for. A value without threads, sockets and clock.
///
/// Whatever the place does, each photograph that is wanted ends with its bytes or with a question to the
/// coordinator, and nothing that the place does says anything about the photograph.
package struct SupplyBook {
  /// How a place is dealt with.
  package struct Rules: Sendable {
    /// Photographs looked for at a time.
    package var widthMax: Int
    /// After so long without an answer a place is stuck.
    package var patienceNanoseconds: UInt64
    /// Whether a place that has none of the first photographs is asked for no more of the run's.
    package var leavesInVain: Bool

    /// A drive: one thread reads, in the order of the wishes. As patient as a coordinator that tells of
    /// a drive.
    package static let folder = Rules(
      widthMax: .max, patienceNanoseconds: 10_000_000_000, leavesInVain: false)
    /// A server: its transfers have limits of their own, so that only what lies outside of them, such as
    /// looking up a name, gets stuck.
    package static let server = Rules(
      widthMax: 2 * PhotographServer.connectionCount, patienceNanoseconds: 90_000_000_000,
      leavesInVain: true)
  }

  /// What is to be done with a photograph.
  package enum Step: Equatable, Sendable {
    case look(ContentDigest)
    case askCoordinator(ContentDigest)
    /// It is here.
    case deliver(ContentDigest, [UInt8])
  }

  /// What is thought of the place.
  private enum Standing {
    /// It is asked for everything. Failures are those in a row: at `failuresMax` it rests.
    case trusted(failures: Int)
    /// It isn't asked before this moment; then for one photograph alone (`onProbation`).
    case resting(until: Instant)
    /// With the photograph by which it shows whether it is trusted again or rests for longer.
    case onProbation(ContentDigest)
    /// It has nothing of this run.
    case useless
    /// It never answered. Not even another run changes that.
    case stuck
  }

  /// Photographs to look for in vain before that is told.
  package static let vainMax = 32
  /// Failures in a row, after which a place rests.
  package static let failuresMax = 4
  /// The first rest; each that follows without a photograph in between is twice as long, an hour at most.
  package static let restNanoseconds: UInt64 = 60_000_000_000
  private static let restNanosecondsMax: UInt64 = 3_600_000_000_000

  private let rules: Rules
  private var standing = Standing.trusted(failures: 0)
  private var restsInRow = 0
  /// What is being looked for, and since when.
  private var looking: [ContentDigest: Instant] = [:]
  /// In the order of the wishes; at most a worker's leases.
  private var waiting: [ContentDigest] = []
  /// In this run.
  private var soughtCount = 0
  private var foundCount = 0
  private var hasToldOfFailure = false
  private var hasToldOfRest = false
  private var news: [PhotographNews] = []

  package init(_ rules: Rules) { self.rules = rules }

  /// Another run begins: what was thought of the place counts no more, unless it is stuck.
  package mutating func beginRun() {
    (soughtCount, foundCount) = (0, 0)
    (hasToldOfFailure, hasToldOfRest) = (false, false)
    restsInRow = 0
    if case .stuck = standing { return }
    standing = .trusted(failures: 0)
  }

  /// A photograph is wanted. One that is on its way already isn't looked for twice.
  package mutating func want(_ content: ContentDigest, at now: Instant) -> [Step] {
    guard looking[content] == nil, !waiting.contains(content) else { return [] }
    switch standing {
    case .trusted:
      waiting.append(content)
      return lookForMore(at: now)
    case .resting(let end) where now >= end:
      standing = .onProbation(content)
      looking[content] = now
      return [.look(content)]
    case .resting, .onProbation, .useless, .stuck: return [.askCoordinator(content)]
    }
  }

  /// Takes what came of a step `look`. What comes after the coordinator was asked instead is nothing.
  package mutating func take(
    _ outcome: SupplyOutcome, of content: ContentDigest, at now: Instant
  ) -> [Step] {
    guard looking.removeValue(forKey: content) != nil else { return [] }
    soughtCount += 1
    switch outcome {
    case .bytes(let bytes):
      foundCount += 1
      restsInRow = 0
      standing = .trusted(failures: 0)
      return [.deliver(content, bytes)] + lookForMore(at: now)
    case .absent(let place):
      if case .onProbation = standing { standing = .trusted(failures: 0) }
      var steps = [Step.askCoordinator(content)]
      if foundCount == 0, soughtCount == SupplyBook.vainMax {
        news.append(.holdsNothing(last: place))
        if rules.leavesInVain { steps += leave(.useless) }
      }
      return steps + lookForMore(at: now)
    case .failed(let reason):
      return [.askCoordinator(content)] + countFailure(reason, at: now) + lookForMore(at: now)
    }
  }

  /// Looks at the time.
  package mutating func tick(at now: Instant) -> [Step] {
    guard let since = looking.values.min(),
      now.nanoseconds(since: since) > rules.patienceNanoseconds
    else { return [] }
    news.append(.isStuck)
    return leave(.stuck)
  }

  /// What there is to tell, once.
  package mutating func takeNews() -> [PhotographNews] {
    defer { news = [] }
    return news
  }

  // MARK: -

  private mutating func lookForMore(at now: Instant) -> [Step] {
    guard case .trusted = standing else { return [] }
    let count = min(waiting.count, max(0, rules.widthMax - looking.count))
    let next = waiting.prefix(count)
    for content in next { looking[content] = now }
    waiting.removeFirst(count)
    return next.map { .look($0) }
  }

  private mutating func countFailure(_ reason: String, at now: Instant) -> [Step] {
    if !hasToldOfFailure { news.append(.failed(reason: reason)) }
    hasToldOfFailure = true
    switch standing {
    case .trusted(let failures) where failures + 1 < SupplyBook.failuresMax:
      standing = .trusted(failures: failures + 1)
      return []
    case .trusted, .onProbation: return rest(at: now)
    case .resting, .useless, .stuck: return []
    }
  }

  private mutating func rest(at now: Instant) -> [Step] {
    let pause = min(
      SupplyBook.restNanoseconds << min(restsInRow, 16), SupplyBook.restNanosecondsMax)
    restsInRow += 1
    if !hasToldOfRest {
      news.append(
        .rests(failures: SupplyBook.failuresMax, seconds: Int(pause / 1_000_000_000)))
    }
    hasToldOfRest = true
    return leave(.resting(until: now.advanced(byNanoseconds: pause)))
  }

  /// The coordinator is asked for all that is wanted.
  private mutating func leave(_ standing: Standing) -> [Step] {
    self.standing = standing
    let wanted = looking.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    let steps = wanted.map { Step.askCoordinator($0.key) } + waiting.map { .askCoordinator($0) }
    looking = [:]
    waiting = []
    return steps
  }
}
