import Access
import ClusterCore
import MeddlingRelay
import Synchronization
import TestSupport
import Wire
import ZeroMQ

/// The worker's machine gone bad: everything that comes through is well formed, and wrong.
final class LyingRelay: Sendable {
  enum Lie: Sendable {
    /// The lowest bit of a photograph's first feature.
    case features
    /// The lowest bit of a gradient sum.
    case gradientSums
  }

  private final class Counter: Sendable {
    let answers = Atomic<Int>(0)
    let lies = Atomic<Int>(0)
  }

  private let relay: MeddlingRelay
  private let counter = Counter()

  /// - Parameter rarity: one in so many answers of the kind becomes a lie.
  init(to coordinator: String, _ lie: Lie, rarity: Int) throws {
    let counter = counter
    relay = try MeddlingRelay(
      to: CoordinatorDoor(
        ownMachine: try Endpoint(coordinator), RunningCommand.stateEnvironment)
    ) { Liar(lie, rarity, counter) }
  }

  /// Where workers join.
  var address: String { relay.address }

  /// How often it has lied so far.
  var lies: Int { counter.lies.load(ordering: .relaxed) }

  func stop() { relay.stop() }

  private final class Liar: Meddler {
    private let lie: Lie
    private let rarity: Int
    private let counter: Counter

    init(_ lie: Lie, _ rarity: Int, _ counter: Counter) {
      self.lie = lie
      self.rarity = rarity
      self.counter = counter
    }

    func hear(_ parcel: Parcel) -> [Parcel]? {
      var parcel = parcel
      if parcel.tensor != nil, isOfKind(parcel.control) {
        let (_, count) = counter.answers.add(1, ordering: .relaxed)
        if count % rarity == 0 {
          parcel.tensor![0] ^= 1
          counter.lies.add(1, ordering: .relaxed)
        }
      }
      return [parcel]
    }

    private func isOfKind(_ control: [UInt8]) -> Bool {
      guard let envelope = try? Envelope<WorkerMessage>(decoding: control.span.bytes) else {
        return false
      }
      switch (envelope.message, lie) {
      case (.features, .features), (.gradientSum, .gradientSums): return true
      default: return false
      }
    }
  }
}
