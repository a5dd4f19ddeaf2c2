import ClusterCore
import Wire

/// Workers that lie: what they say is well formed, and wrong. No two tell the same lie, which would
/// pass for the truth.
extension Simulation {
  func drawsFaulty() -> Bool {
    guard let rarity = scenario.faultyWorkerRarity, !isCalm else { return false }
    return numbers.below(rarity) == 0
  }

  /// Whether a worker lies this time.
  func lies(_ number: Int, rarely rarity: UInt64) -> Bool {
    workers[number].isFaulty && numbers.below(rarity) == 0
  }

  func distorted(_ row: [Float]) -> [Float] {
    var row = row
    row[Int(numbers.below(UInt64(row.count)))] += 0.125 + Float(numbers.unit())
    return row
  }

  private func floats(_ frame: [UInt8]) -> [Float] {
    // unsafe: any bytes make a number.
    (try? unsafe TensorFrame.floats(frame.span.bytes, count: frame.count / 4)) ?? []
  }

  /// Makes something else of a message that is about to leave.
  func distort(_ packet: inout Packet, _ envelope: Envelope<WorkerMessage>) {
    var envelope = envelope
    switch envelope.message {
    case .features:
      packet.tensor = TensorFrame.bytes(
        distorted(floats(packet.tensor)))
    case .gradientSum(var sum):
      if numbers.below(2) == 0 {
        for place in 0..<3 { packet.tensor[place] ^= UInt8(1 + numbers.below(255)) }
      } else {
        sum.correct = sum.correct == 0 ? 1 : sum.correct - 1
        sum.lossSum += Int64(numbers.below(1 << 30))
      }
      envelope.message = .gradientSum(sum)
      if numbers.below(8) == 0 {
        envelope.message = .diverged(Diverged(share: sum.share, reason: "a lie"))
        packet.tensor = []
      }
    case .evaluation(var evaluation):
      evaluation.lossSum += 1 + Int64(numbers.below(1 << 30))
      envelope.message = .evaluation(evaluation)
    default: return
    }
    trace("a lie: \(envelope.message)")
    packet.control = envelope.encoded()
  }
}
