import Digest

/// Who a worker is and how patient.
public struct WorkerIdentity: Equatable, Sendable {
  /// Drawn at random at the start of the process.
  public var id: WorkerID
  /// For people: host name and process number.
  public var name: String
  /// Forward passes at a time, from 1 to `Limits.threadsPerWorkerMax`.
  public var threads: Int
  /// For people: the version of this build.
  public var softwareVersion: String
  /// How long it tries to reach a coordinator in vain before it gives up.
  public var retryMaxNanoseconds: UInt64
  /// Whether it waits for another run where one has ended, instead of ending with it.
  public var stays: Bool

  public init(
    id: WorkerID, name: String, threads: Int, softwareVersion: String, retryMaxNanoseconds: UInt64,
    stays: Bool = false
  ) {
    precondition(
      threads >= 1 && threads <= Limits.threadsPerWorkerMax, "a worker has a few threads")
    self.id = id
    self.name = name
    self.threads = threads
    self.softwareVersion = softwareVersion
    self.retryMaxNanoseconds = retryMaxNanoseconds
    self.stays = stays
  }
}

/// What happens to a worker. The shell delivers events one at a time and carries out the actions
/// that come back, in their order, before it delivers the next one.
public enum WorkerEvent: Equatable, Sendable {
  /// The process is ready: the first event.
  case started
  /// A message arrived whose tensors, if it has any, have the right lengths and bounds. They belong
  /// to this event: `keepFeatures` and `computeShare` speak of them.
  case received(Envelope<CoordinatorMessage>)
  /// The coordinator sent what can't be decoded or breaks a bound.
  case malformed(reason: String)
  /// The connection is gone.
  case disconnected
  /// Time has passed: at least every `Limits.tickIntervalNanoseconds`.
  case tick
  /// The answers to `fetchObjects`: which features of this dataset and backbone this process has
  /// computed already, or what went wrong and whether another try may help.
  case objectsReady(held: [SampleVariant])
  case objectsFailed(reason: String, isFinal: Bool)
  /// The answers to `runProbe`.
  case probeFinished(ContentDigest)
  case probeFailed(reason: String)
  /// The answers to `fetchPhotograph`: it is here, no answer came, or the coordinator answered that
  /// it hasn't got it, or has other bytes in its place.
  case photographReady(SampleVariant)
  case photographFailed(SampleVariant, reason: String)
  case photographMissing(SampleVariant, reason: String)
  /// The answers to `extract`: the shell keeps the features by content digest and variant until
  /// `forgetFeatures`.
  case featuresReady(SampleVariant)
  case undecodable(SampleVariant, reason: String)
  /// The machine couldn't: nothing is known of the photograph.
  case notExtracted(SampleVariant, reason: String)
  /// The answers to `computeShare`. The tensor of an answer belongs to this event, and so to the
  /// message that follows from it.
  case shareComputed(ShareAnswer)
  case shareDiverged(ShareID, reason: String)
  /// The operator asks to leave.
  case leaveRequested
}

/// What a worker does.
public enum WorkerAction: Equatable, Sendable {
  /// Opens a new connection; a former one is closed and what was queued in it is dropped.
  case connect
  /// Sends a message. The shell attaches the tensor: the kept features to a `features`, that of the
  /// current event to a `gradientSum` or `evaluation`.
  case send(Envelope<WorkerMessage>)

  /// Fetches what these terms name and this process lacks, then delivers `objectsReady` or
  /// `objectsFailed`. Everything under way from before is abandoned: no photograph, share, fetch or
  /// probe of an earlier session is delivered any more, and forward passes only if they were for
  /// the same dataset and backbone. Features that `keepFeatures` gave are forgotten.
  case fetchObjects(WorkerTerms)
  /// Runs the probe with these objects, or remembers what it gave, then delivers `probeFinished` or
  /// `probeFailed`.
  case runProbe

  /// Fetches the photograph of this item, then delivers `photographReady`, `photographFailed` or
  /// `photographMissing`.
  case fetchPhotograph(SampleVariant)
  /// Computes the features of this item, then delivers `featuresReady`, `undecodable` or
  /// `notExtracted`: always one of them, and once. At most as many at a time as there are threads.
  case extract(SampleVariant)
  /// The photograph of this item is no longer wanted; an answer may still come and is ignored.
  case cancel(SampleVariant)
  /// Keeps the tensor of the current event as the features of this item, for shares and for this
  /// session; a lease of the item is answered by a forward pass all the same.
  case keepFeatures(SampleVariant)
  /// Forgets the features of these samples. Another sample of the same content keeps its own.
  case forgetFeatures(variant: UInt16, samples: [SampleIndex])

  /// Computes a share with the head that the current event carries, before any forward pass that
  /// has not begun, then delivers `shareComputed` or `shareDiverged`. The features of all its samples are here now;
  /// they stay the share's even if a `forgetFeatures` of some follows.
  case computeShare(Share, ShareKind)

  /// Something that people want to know.
  case notice(WorkerNotice)
  /// The worker's end. Nothing is delivered after it; what was sent still leaves.
  case finish(WorkerOutcome)
}

/// What a share is for.
public enum ShareKind: UInt8, Sendable {
  case step
  case evaluation
}

/// What people want to know.
public enum WorkerNotice: Equatable, Sendable {
  case connecting(attempt: UInt64)
  case welcomed(Session)
  case serving
  /// There has been no coordinator for `Limits.unansweredNanoseconds`; told once until the worker
  /// serves. It is given up after the patience that is left.
  case unanswered(patienceNanoseconds: UInt64)
  /// A photograph could not be fetched; it is asked for again.
  case photographMissing(SampleVariant, reason: String)
  /// The coordinator is silent or gone; the worker tries again after the pause.
  case coordinatorLost(reason: String, retryAfterNanoseconds: UInt64)
  /// The run has ended, well or not, and the worker waits for the next one.
  case runEnded
}

/// How a worker ended.
public enum WorkerOutcome: Equatable, Sendable {
  /// The run ended, well or not, and the worker doesn't stay, or the operator asked to leave: exit 0.
  case dismissed
  /// No coordinator, or no photograph from it, for as long as the worker was told to try: exit 69.
  case unavailable(reason: String)
  /// The coordinator wants no more of this worker: exit 77.
  case refused(Refuse)
  /// The worker can't do what the run needs: exit 78.
  case unable(reason: String)
}
