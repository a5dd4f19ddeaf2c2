/// A lease that a worker has.
struct IssuedLease: Sendable {
  enum Purpose: Sendable {
    /// The features aren't kept.
    case features
    /// They are kept, and this is for a second answer.
    case audit
    /// They are kept, and this shows whether a newcomer can compute them.
    case proof
  }

  let slot: Slot
  let since: Instant
  let purpose: Purpose
}

/// What one worker has of a run's features: what it computes, what it claims, and what it holds.
/// `LeaseBook` alone changes it, together with what it knows of the slots.
struct Workload: Sendable {
  /// What it computes or is about to, oldest first; never many.
  private(set) var leases: [IssuedLease] = []
  /// What it said it holds and the coordinator doesn't, in the order of need; may name slots that
  /// have changed hands since.
  private(set) var claims = Fifo<Slot>()
  /// The slots whose features it was given or has computed; may name slots that it lost since.
  private(set) var held: [Slot] = []
  /// How many slots of each load class it holds.
  private(set) var loads: [Int]

  init(loadClasses: Int) { loads = Array(repeating: 0, count: loadClasses) }

  /// How many slots it holds.
  var heldCount: Int { loads.reduce(0, +) }

  func lease(of slot: Slot) -> IssuedLease? { leases.first { $0.slot == slot } }

  mutating func begin(_ lease: IssuedLease) {
    precondition(self.lease(of: lease.slot) == nil, "one lease of a slot at a time")
    leases.append(lease)
  }

  mutating func endLease(of slot: Slot) {
    guard let index = leases.firstIndex(where: { $0.slot == slot }) else {
      preconditionFailure("the worker has the lease that ends")
    }
    leases.remove(at: index)
  }

  mutating func claim(_ slot: Slot) { claims.append(slot) }

  mutating func nextClaim() -> Slot? { claims.popFirst() }

  mutating func takeClaims() -> ArraySlice<Slot> {
    defer { claims = Fifo() }
    return claims.all
  }

  /// Holds one more; `isCurrent` tells which of those it has in its list it really holds.
  mutating func gain(_ slot: Slot, of loadClass: Int, isCurrent: (Slot) -> Bool) {
    held.append(slot)
    loads[loadClass] += 1
    // Keeps the list in proportion to what it really holds.
    guard held.count > 2 * heldCount + 1_024 else { return }
    held = Set(held).filter(isCurrent).sorted()
  }

  mutating func lose(loadClass: Int) {
    precondition(loads[loadClass] > 0, "only what it holds is lost")
    loads[loadClass] -= 1
  }
}
