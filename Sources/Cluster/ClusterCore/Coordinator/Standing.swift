/// What a member is to its coordinator.
///
///     admit → preparing → serving → gone
///                  └────────────────↗
///
/// Within `serving` a member owes what others had to be asked for in its stead; each debt ends with an
/// answer of the kind it is named after. Whoever owes gets less, so that what a worker takes is
/// limited by what it has given.
enum Standing: Equatable, Sendable {
  /// Has said hello, fetches objects and runs the probe → `.serving`, `.gone`.
  case preparing
  /// Is asked for work → `.gone`.
  case serving(Debts)
  /// Its session has ended, and its `MemberID` is given to another one.
  case gone

  /// What a serving member has not given. All are settled by any result, but for `.share`.
  struct Debts: OptionSet, Sendable {
    let rawValue: UInt8

    /// It has given nothing in this session: it gets few leases, and shares only where nobody else
    /// is prompt.
    static let proof = Debts(rawValue: 1)
    /// A share of it went to a second worker, or it declines what it was sent features for: it gets
    /// shares only where nobody else is prompt, until it answers one.
    static let share = Debts(rawValue: 2)
    /// A lease of it went to a second worker: it gets one at a time.
    static let lease = Debts(rawValue: 4)
    /// An audit was taken from it: it gets no other.
    static let audit = Debts(rawValue: 8)
    /// It has given nothing for so long that people were told.
    static let anything = Debts(rawValue: 16)
  }
}
