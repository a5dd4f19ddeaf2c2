import ClusterCore
import Training
import Wire

/// Reads messages of workers and checks everything that the coordinator's core relies on: what a
/// sound worker's numbers keep.
public struct WorkerMessageReader: Sendable {
  private let dimensions: HeadDimensions
  private let sampleCount: Int
  /// Every |feature| is below this.
  private let featureLimit: Float

  public init(dimensions: HeadDimensions, sampleCount: Int, featureLimit: Float) {
    self.dimensions = dimensions
    self.sampleCount = sampleCount
    self.featureLimit = featureLimit
  }

  /// - Parameter control: the message's first frame
  public func envelope(_ control: RawSpan) throws(WireError) -> Envelope<WorkerMessage> {
    let envelope = try Envelope<WorkerMessage>(decoding: control)
    try check(envelope)
    return envelope
  }

  /// Checks what was decoded elsewhere.
  public func check(_ envelope: Envelope<WorkerMessage>) throws(WireError) {
    guard envelope.message.samples.allSatisfy({ Int($0) < sampleCount }) else {
      throw .outOfRange(field: "sample index")
    }
    if let totals = envelope.message.totals {
      guard totals.correct <= totals.count, isLossSum(totals.lossSum, count: totals.count) else {
        throw .outOfRange(field: "loss or number of correct samples")
      }
    }
  }

  /// The tensor of a message that came without one.
  public func tensorMissing(of message: WorkerMessage) throws(WireError) -> Tensor {
    guard let tensor = message.tensor else { return .none }
    throw .tensorLength(byteCount: 0, byteCountExpected: tensor.byteCount(dimensions))
  }

  /// - Parameter frame: what followed the message
  public func tensor(of message: WorkerMessage, _ frame: RawSpan) throws(WireError) -> Tensor {
    guard let tensor = message.tensor else {
      throw .tensorLength(byteCount: frame.byteCount, byteCountExpected: 0)
    }
    let elementCount = tensor.elementCount(dimensions)
    switch tensor {
    case .features:
      return .floats(
        try TensorFrame.floats(frame, count: elementCount, magnitudeMax: featureLimit.nextDown))
    case .gradientSum(let count):
      return .sums(try int64s(frame, elementCount, magnitudeMax: gradientLimit(count: count)))
    case .confusionMatrix(let count, let correct):
      let values = try int64s(frame, elementCount, magnitudeMax: Int64(count))
      try checkConfusion(values, count: count, correct: correct)
      return .sums(values)
    // The coordinator's alone.
    case .head: throw .unknownMessage
    }
  }

  private func isLossSum(_ lossSum: Int64, count: UInt32) -> Bool {
    (0...Training.GradientSum.lossSumMax(sampleCount: Int(count))).contains(lossSum)
  }

  /// The largest magnitude of a gradient sum over `count` samples.
  private func gradientLimit(count: UInt32) -> Int64 {
    Int64(exactly: (Double(featureLimit) * 0x1p32 * Double(count)).rounded(.up)) ?? .max
  }

  private func int64s(
    _ frame: RawSpan, _ count: Int, magnitudeMax: Int64
  ) throws(WireError) -> [Int64] {
    // Sums are nearly always below the next power of two, which vector code checks on the way.
    let bits = 63 - magnitudeMax.leadingZeroBitCount
    if magnitudeMax > 0,
      let values = try? TensorFrame.int64s(frame, count: count, magnitudeBits: bits)
    {
      return values
    }
    let values = try TensorFrame.int64s(frame, count: count)
    guard values.allSatisfy({ $0 >= -magnitudeMax && $0 <= magnitudeMax }) else {
      throw .tensorValue
    }
    return values
  }

  /// A confusion matrix counts what its message says.
  private func checkConfusion(
    _ values: [Int64], count: UInt32, correct: UInt32
  ) throws(WireError) {
    var (total, diagonal): (Int64, Int64) = (0, 0)
    for (position, value) in values.enumerated() {
      guard value >= 0 else { throw .tensorValue }
      total += value
      if position % (dimensions.classCount + 1) == 0 { diagonal += value }
    }
    guard total == count, diagonal == correct else { throw .tensorValue }
  }
}
