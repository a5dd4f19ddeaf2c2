import Digest

/// The order of the training samples in an epoch: a permutation derived from the seed and the epoch
/// alone, by Fisher and Yates's shuffle with numbers of its own stream.
///
/// - Parameters:
///   - training: the training samples in manifest order.
///   - seed: the run's.
///   - epoch: from 0.
public func visitingOrder(training: [SampleIndex], seed: UInt64, epoch: Int) -> [SampleIndex] {
  var numbers = SplitMix64(seed: seed, purpose: "visiting-order", UInt64(epoch))
  var order = training
  numbers.shuffle(&order)
  return order
}
