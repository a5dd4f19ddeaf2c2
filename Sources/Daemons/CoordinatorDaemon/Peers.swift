import ClusterCore
import DaemonSupport
import Training
import Wire
import ZeroMQ

extension PeerID {
  /// libzmq names a connection with a zero byte and a number of four bytes, unless the peer chose a
  /// name itself, which ours never do.
  package init?(route: [UInt8]) {
    guard route.count == 5, route[0] == 0 else { return nil }
    self.init(number: route[1...].reduce(0) { $0 << 8 | UInt64($1) })
  }

  package var route: [UInt8] {
    [0] + (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
  }
}

/// A message of a worker that has passed every check which the core relies on.
package struct WorkerReceived {
  /// The tensor, by its kind.
  package enum Tensor {
    case none
    /// [featureCount], each within the bound that keeps sums exact.
    case features([Float])
    /// A gradient sum or a confusion matrix.
    case sums([Int64])
  }

  package let envelope: Envelope<WorkerMessage>
  package let tensor: Tensor

  /// - Parameter plan: bounds the indices of samples and the values of tensors.
  package init(
    _ message: borrowing IncomingMessage, dimensions: HeadDimensions, bounds: Bounds
  ) throws(WireError) {
    guard !message.hasWrongFrameCount else { throw .unknownMessage }
    envelope = try message.control.withBytes { (bytes) throws(WireError) in
      try Envelope<WorkerMessage>(decoding: bytes)
    }
    try bounds.check(envelope.message)
    tensor = try WorkerReceived.readTensor(message, envelope.message, dimensions, bounds)
  }

  /// What a sound worker's numbers keep.
  package struct Bounds {
    let sampleCount: Int
    /// Every |feature| is below this.
    let featureLimit: Float

    package init(sampleCount: Int, featureLimit: Float) {
      self.sampleCount = sampleCount
      self.featureLimit = featureLimit
    }

    func check(_ message: WorkerMessage) throws(WireError) {
      guard message.samples.allSatisfy({ Int($0) < sampleCount }) else {
        throw .outOfRange(field: "sample index")
      }
      guard let totals = message.totals else { return }
      guard totals.correct <= totals.count, isLossSum(totals.lossSum, count: totals.count) else {
        throw .outOfRange(field: "loss or number of correct samples")
      }
    }

    private func isLossSum(_ lossSum: Int64, count: UInt32) -> Bool {
      (0...Training.GradientSum.lossSumMax(sampleCount: Int(count))).contains(lossSum)
    }

    /// The largest magnitude of a gradient sum over `count` samples.
    func gradientLimit(count: UInt32) -> Int64 {
      Int64(exactly: (Double(featureLimit) * 0x1p32 * Double(count)).rounded(.up)) ?? .max
    }
  }

  private static func readTensor(
    _ message: borrowing IncomingMessage, _ content: WorkerMessage, _ dimensions: HeadDimensions,
    _ bounds: Bounds
  ) throws(WireError) -> Tensor {
    guard let tensor = content.tensor else {
      guard message.tensor == nil else { throw .tensorLength(byteCount: 1, byteCountExpected: 0) }
      return .none
    }
    switch message.tensor {
    case .none:
      throw .tensorLength(byteCount: 0, byteCountExpected: tensor.byteCount(dimensions))
    case .some(let frame):
      let elementCount = tensor.elementCount(dimensions)
      return try frame.withBytes { (bytes) throws(WireError) in
        switch tensor {
        case .features:
          return .features(
            try TensorFrame.floats(
              bytes, count: elementCount, magnitudeMax: bounds.featureLimit.nextDown))
        case .gradientSum(let count):
          return .sums(
            try int64s(bytes, elementCount, magnitudeMax: bounds.gradientLimit(count: count)))
        case .confusionMatrix(let count, let correct):
          let values = try int64s(bytes, elementCount, magnitudeMax: Int64(count))
          try checkConfusion(values, count: count, correct: correct, dimensions)
          return .sums(values)
        // The coordinator's alone.
        case .head: throw .unknownMessage
        }
      }
    }
  }

  private static func int64s(
    _ bytes: RawSpan, _ count: Int, magnitudeMax: Int64
  ) throws(WireError) -> [Int64] {
    // Sums are nearly always below the next power of two, which vector code checks on the way.
    let bits = 63 - magnitudeMax.leadingZeroBitCount
    if magnitudeMax > 0,
      let values = try? TensorFrame.int64s(
        bytes, count: count, magnitudeBits: bits)
    {
      return values
    }
    let values = try TensorFrame.int64s(bytes, count: count)
    guard values.allSatisfy({ $0 >= -magnitudeMax && $0 <= magnitudeMax }) else {
      throw .tensorValue
    }
    return values
  }

  /// A confusion matrix counts what its message says.
  private static func checkConfusion(
    _ values: [Int64], count: UInt32, correct: UInt32, _ dimensions: HeadDimensions
  ) throws(WireError) {
    var (total, diagonal): (Int64, Int64) = (0, 0)
    for (place, value) in values.enumerated() {
      guard value >= 0 else { throw .tensorValue }
      total += value
      if place % (dimensions.classCount + 1) == 0 { diagonal += value }
    }
    guard total == count, diagonal == correct else { throw .tensorValue }
  }
}
