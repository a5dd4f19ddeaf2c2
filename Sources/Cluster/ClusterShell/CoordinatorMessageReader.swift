import ClusterCore
import Training
import Wire

/// Reads messages of the coordinator and checks everything that the worker's core relies on.
public struct CoordinatorMessageReader: Sendable {
  private let dimensions: HeadDimensions
  private let sampleCount: Int

  /// Whatever a worker has of the run gives the bounds: before it has its terms and the manifest, no
  /// message may speak of samples.
  public init(_ worker: WorkerShell) {
    dimensions = HeadDimensions(
      classCount: worker.terms?.classCount ?? 1, featureCount: worker.terms?.featureCount ?? 1)
    sampleCount = worker.catalog?.contents.count ?? 0
  }

  /// - Parameter control: the message's first frame
  public func envelope(_ control: RawSpan) throws(WireError) -> Envelope<CoordinatorMessage> {
    let envelope = try Envelope<CoordinatorMessage>(decoding: control)
    guard envelope.message.samples.allSatisfy({ Int($0) < sampleCount }) else {
      throw .outOfRange(field: "sample index")
    }
    return envelope
  }

  /// The tensor of a message that came without one.
  public func tensorMissing(of message: CoordinatorMessage) throws(WireError) -> Tensor {
    guard let tensor = message.tensor else { return .none }
    throw .tensorLength(byteCount: 0, byteCountExpected: tensor.byteCount(dimensions))
  }

  /// - Parameter frame: what followed the message
  public func tensor(
    of message: CoordinatorMessage, _ frame: RawSpan
  ) throws(WireError) -> Tensor {
    guard let tensor = message.tensor else {
      throw .tensorLength(byteCount: frame.byteCount, byteCountExpected: 0)
    }
    switch tensor {
    case .features, .head:
      return .floats(
        try TensorFrame.floats(
          frame, count: tensor.elementCount(dimensions), magnitudeMax: Divergence.magnitudeMax))
    // Workers' alone.
    case .gradientSum, .confusionMatrix: throw .unknownMessage
    }
  }
}
