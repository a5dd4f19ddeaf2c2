import ClusterCore
import Digest

/// What a worker's process does, with all that it takes: an action of the core whose payload the
/// shell has put to it. Whoever runs a shell carries these out in their order.
public enum WorkerEffect: Sendable {
  /// Opens a new connection; a former one is closed and what was queued in it is dropped.
  case connect
  case send(Envelope<WorkerMessage>, Tensor)

  /// Looks whether these terms can be kept and gets what is missing for them, then calls `use` of a
  /// manifest and of a backbone, or `objectsFailed`.
  case fetchObjects(WorkerTerms, needsManifest: Bool, needsBackbone: Bool)
  /// Runs the probe, then delivers `probeFinished` or `probeFailed`.
  case runProbe
  /// Fetches the photograph of this content, then calls `take` of what came.
  case fetchPhotograph(ContentDigest)
  /// Computes features, then calls `take` of what became of the pass, once.
  case extract(ForwardPass)
  /// Answers a share before any forward pass that has not begun, then calls `take` of the answer, or
  /// delivers `shareDiverged`.
  case compute(ShareWork)

  /// Something that people want to know.
  case notice(WorkerNotice)
  /// The worker's end. Nothing is delivered after it; what was sent still leaves.
  case finish(WorkerOutcome)
}

/// A photograph to compute features of.
public struct ForwardPass: Sendable {
  public let item: SampleVariant
  /// Of the photograph's file.
  public let content: ContentDigest
  public let photograph: [UInt8]
  /// Which of the backbones that this process has had.
  let backboneNumber: Int
}

/// What came of asking for a photograph.
public enum PhotographReply: Sendable {
  case bytes([UInt8])
  /// No answer came.
  case failed(reason: String)
  /// The coordinator answered that it hasn't got it, or has other bytes in its place.
  case missing(reason: String)
}

/// What became of a forward pass.
public enum ForwardResult: Sendable {
  /// Float32 [featureCount].
  case features([Float])
  case undecodable(reason: String)
  /// The machine couldn't: nothing is known of the photograph.
  case failed(reason: String)
}
