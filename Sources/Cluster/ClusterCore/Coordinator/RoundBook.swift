/// The batch under way, and which samples are of it.
struct RoundBook: Sendable {
  /// Nil between two batches.
  var current: Round?
  /// By sample: the round that waits for its features or has them.
  private var roundOf: [UInt64]
  private var begunCount: UInt64 = 0
  private var shareNumberNext: UInt64 = 0

  init(sampleCount: Int) { roundOf = Array(repeating: 0, count: sampleCount) }

  /// - Parameter isPending: whether a sample has neither features nor a verdict yet.
  mutating func begin(
    _ kind: ShareKind, variant: UInt16, _ samples: [SampleIndex],
    isPending: (SampleIndex) -> Bool
  ) {
    precondition(current == nil, "one batch after the other")
    begunCount += 1
    var pending = 0
    for sample in samples {
      roundOf[Int(sample)] = begunCount
      if isPending(sample) { pending += 1 }
    }
    current = Round(
      kind: kind, variant: variant, samples: samples, pending: pending,
      numberMin: shareNumberNext)
  }

  /// An item has its features or is dead: the batch may have waited for it.
  mutating func settle(_ item: SampleVariant) {
    guard current?.variant == item.variant, roundOf[Int(item.sample)] == begunCount else { return }
    current?.settle()
  }

  /// Ends the batch, whether it is complete or given up: the numbers of its shares aren't used again.
  @discardableResult
  mutating func end() -> Round? {
    guard let round = current.take() else { return nil }
    shareNumberNext = round.numberNext
    return round
  }
}
