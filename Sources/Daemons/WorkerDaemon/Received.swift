import ClusterCore
import DaemonSupport
import Manifest
import Training
import Wire

/// A message of the coordinator that has passed every check which the core relies on.
struct Received {
  let envelope: Envelope<CoordinatorMessage>
  let tensor: [Float]?

  /// - Parameters:
  ///   - terms: of the session, once there is one; they give the tensors' lengths.
  ///   - manifest: once it is here; it bounds the indices of samples.
  init(
    _ message: borrowing IncomingMessage, terms: WorkerTerms?, manifest: Manifest?
  ) throws(WireError) {
    guard !message.hasWrongFrameCount else { throw .unknownMessage }
    envelope = try message.control.withBytes { (bytes) throws(WireError) in
      try Envelope<CoordinatorMessage>(decoding: bytes)
    }
    let sampleCount = manifest?.entries.count ?? 0
    guard envelope.message.samples.allSatisfy({ Int($0) < sampleCount }) else {
      throw .outOfRange(field: "sample index")
    }
    let dimensions = HeadDimensions(
      classCount: terms?.classCount ?? 1, featureCount: terms?.featureCount ?? 1)
    tensor = try Received.readTensor(message, envelope.message, dimensions)
  }

  private static func readTensor(
    _ message: borrowing IncomingMessage, _ content: CoordinatorMessage,
    _ dimensions: HeadDimensions
  ) throws(WireError) -> [Float]? {
    guard let tensor = content.tensor else {
      guard message.tensor == nil else { throw .tensorLength(byteCount: 1, byteCountExpected: 0) }
      return nil
    }
    switch message.tensor {
    case .some(let frame):
      return try frame.withBytes { (bytes) throws(WireError) in
        switch tensor {
        case .features, .head:
          try TensorFrame.floats(
            bytes, count: tensor.elementCount(dimensions), magnitudeMax: Divergence.magnitudeMax)
        // Workers' alone.
        case .gradientSum, .confusionMatrix: throw .unknownMessage
        }
      }
    case .none:
      throw .tensorLength(byteCount: 0, byteCountExpected: tensor.byteCount(dimensions))
    }
  }
}
