import Access
import ClusterCore
import Digest
import MeddlingRelay
import Synchronization
import Wire
import ZeroMQ

/// What a member that is let in may do to a run beside lying, which audits are for: as in the
/// simulation, with real processes. Each is a real worker behind a relay that meddles.
enum Hostility: String, CaseIterable, Sendable {
  /// Joins, is heard, and gives nothing.
  case hog
  /// Is cut off and joins again, all the time.
  case flapper
  /// Declines every share.
  case decliner
  /// Says everything several times, and again what was said in earlier sessions.
  case replayer
  /// Says what no worker says, in between.
  case babbler

  func meddler(seed: UInt64) -> any Meddler {
    let random = SplitMix64(seed: seed, purpose: "hostile member")
    return switch self {
    case .hog: Hog()
    case .flapper: Flapper()
    case .decliner: Decliner()
    case .replayer: Replayer(random)
    case .babbler: Babbler(random)
    }
  }
}

extension Parcel {
  // unsafe: any bytes may be read.
  fileprivate var message: WorkerMessage? {
    (try? unsafe Envelope<WorkerMessage>(decoding: control.span.bytes))?.message
  }
}

private final class Hog: Meddler {
  func hear(_ parcel: Parcel) -> [Parcel]? {
    switch parcel.message {
    case .hello, .joined, .holding, .heartbeat, nil: [parcel]
    case .features, .undecodable, .gradientSum, .evaluation, .decline, .diverged, .leave, .status:
      []
    }
  }
}

private final class Flapper: Meddler {
  private var answersLeft = 2

  func hear(_ parcel: Parcel) -> [Parcel]? {
    switch parcel.message {
    case .features, .gradientSum, .evaluation:
      answersLeft -= 1
      return answersLeft < 0 ? nil : [parcel]
    default: return [parcel]
    }
  }
}

private final class Decliner: Meddler {
  private var shares: [ShareID: [SampleIndex]] = [:]

  func overhear(_ frame: [UInt8]) {
    switch (try? unsafe Envelope<CoordinatorMessage>(decoding: frame.span.bytes))?.message {
    case .step(let share), .evaluate(let share): shares[share.id] = share.samples
    default: break
    }
  }

  func hear(_ parcel: Parcel) -> [Parcel]? {
    guard var envelope = try? unsafe Envelope<WorkerMessage>(decoding: parcel.control.span.bytes)
    else {
      return [parcel]
    }
    let id: ShareID
    switch envelope.message {
    case .gradientSum(let answer): id = answer.share
    case .evaluation(let answer): id = answer.share
    default: return [parcel]
    }
    guard let samples = shares.removeValue(forKey: id) else { return [] }
    envelope.message = .decline(Decline(share: id, missing: samples))
    return [Parcel(control: envelope.encoded())]
  }
}

private final class Replayer: Meddler {
  /// Of all its connections: most are of sessions that are over.
  private static let overheard = Mutex<[Parcel]>([])
  private var random: SplitMix64

  init(_ random: SplitMix64) { self.random = random }

  func hear(_ parcel: Parcel) -> [Parcel]? {
    let said = Replayer.overheard.withLock { overheard in
      overheard.append(parcel)
      if overheard.count > 64 { overheard.removeFirst(32) }
      return overheard
    }
    let again = (0..<3).map { _ in said[Int(random.below(UInt64(said.count)))] }
    return [parcel, parcel] + again
  }
}

private final class Babbler: Meddler {
  private var random: SplitMix64

  init(_ random: SplitMix64) { self.random = random }

  func hear(_ parcel: Parcel) -> [Parcel]? {
    guard random.below(16) == 0 else { return [parcel] }
    let nonsense = (0..<random.below(64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return [parcel, Parcel(control: nonsense, tensor: random.below(2) == 0 ? nonsense : nil)]
  }
}
