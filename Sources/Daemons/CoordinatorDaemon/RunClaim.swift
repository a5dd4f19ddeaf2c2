import ClusterCore
import Digest
import Manifest
import RunFiles
import Training

/// The run directory, claimed for this process, and where the run goes on.
struct RunClaim: ~Copyable {
  let directory: RunDirectory
  private var lock: RunLock?
  private let resume: CoordinatorRequest.Resume

  /// Looks at the directory before anything expensive is done: a run that exists must be resumed,
  /// and one in use by another coordinator can't be.
  init(_ request: CoordinatorRequest) throws(CoordinatorError) {
    let directory: RunDirectory
    do throws(RunFilesError) {
      directory = try RunDirectory(root: request.runsFolder, name: request.configuration.run)
    } catch {
      throw CoordinatorError(error)
    }
    let lock = try RunClaim.lockExisting(directory, request)
    self.directory = directory
    self.lock = lock
    resume = request.resume
  }

  /// Nil where the run is new.
  private static func lockExisting(
    _ directory: RunDirectory, _ request: CoordinatorRequest
  ) throws(CoordinatorError) -> RunLock? {
    guard directory.exists else { return nil }
    do throws(RunFilesError) {
      let lock = try directory.lock()
      guard request.resume != .never else {
        throw RunFilesError(
          .cannotCreate,
          "run '\(directory.name)' exists in \(directory.path); continue it with --resume, or "
            + "choose another --run name")
      }
      let before = try directory.configuration()
      try before.checkPixels()
      try before.checkContinuation(by: request.configuration)
      return lock
    } catch {
      throw CoordinatorError(error)
    }
  }

  /// The photographs that the run began with; nil where it is new, or doesn't say.
  var manifest: Manifest? {
    guard lock != nil, let bytes = try? directory.manifest(),
      let manifest = try? Manifest(decoding: bytes),
      (try? directory.configuration())?.inputs?.manifest == manifest.digest
    else { return nil }
    return manifest
  }

  /// The backbone that the run began with, as workers get it; nil where it is new, or has none that is
  /// whole.
  var backbone: [UInt8]? {
    guard lock != nil, let object = try? directory.backbone(),
      (try? directory.configuration())?.inputs?.backbone == .sha256(object)
    else { return nil }
    return object
  }

  /// Throws, naming photographs, where they aren't those that the run began with.
  func check(_ now: Manifest, against before: Manifest?) throws(CoordinatorError) {
    guard let before, before != now else { return }
    throw CoordinatorError(
      .configuration,
      "run '\(directory.name)' can't go on, because its photographs are not what they were: "
        + "\(ManifestDifference(from: before, to: now))",
      advice: "Put them back as they were, or give another --run name to start anew.")
  }

  /// Creates the run where it is new, or reads the checkpoint from which it goes on.
  ///
  /// - Parameters:
  ///   - configuration: with its inputs.
  ///   - length: of the run.
  ///   - files: that a new run can't do without.
  /// - Returns: nil for a start from step 0.
  mutating func begin(
    _ configuration: RunConfiguration, _ length: TrainingLength,
    with files: [(path: String, content: [UInt8])]
  ) throws(CoordinatorError) -> Continuation? {
    do throws(RunFilesError) {
      guard lock != nil else {
        lock = try directory.create(configuration, with: files)
        return nil
      }
      let before = try directory.configuration()
      if backbone == nil, before.differsInBackboneAlone(from: configuration) {
        throw directory.irreplaceableBackbone(configuration)
      }
      try before.checkContinuation(by: configuration)
      let continuation = try continuation(configuration, length)
      if before.epochs != configuration.epochs { try directory.setEpochs(as: configuration) }
      return continuation
    } catch {
      throw CoordinatorError(error)
    }
  }

  private func continuation(
    _ configuration: RunConfiguration, _ length: TrainingLength
  ) throws(RunFilesError) -> Continuation {
    let faultyWorkers = try directory.faultyWorkers()
    let timeSpent = try directory.timeSpent()
    try directory.checkpoints.makeIfMissing()
    switch resume {
    case .never: preconditionFailure("an existing run isn't begun anew")
    case .newest:
      let ledger = try directory.ledger()
      // All photographs are what they were when the run began: what it had to do without it has now. A run
      // that is over stays what it is.
      let (checkpoint, skipped) = try directory.checkpoints.newest(
        withoutAnyOf: faultyWorkers, upTo: ledger.finished == nil ? ledger.skips.stepBefore : nil)
      let continuation = try Continuation(
        checkpoint, skipped.map(\.reason), faultyWorkers, timeSpent, configuration, length)
      try directory.checkpoints.tidy(skipped)
      return continuation
    case .checkpoint(let path):
      let checkpoint = try Checkpoint(readingFrom: path)
      guard !checkpoint.contributors.mayContain(anyOf: faultyWorkers) else {
        throw RunFilesError(
          .damaged,
          "\(path) has work of a worker that gave wrong answers; go on with --resume alone, from the newest "
            + "that has none")
      }
      return try Continuation(checkpoint, [], faultyWorkers, timeSpent, configuration, length)
    }
  }

  /// Where a run goes on.
  struct Continuation {
    let checkpoint: Checkpoint?
    /// What is wrong with the checkpoints that were passed over.
    let skipped: [String]
    /// Workers that an audit found out before.
    let faultyWorkers: Set<UInt64>
    /// On the run before.
    let secondsSpent: Double
    /// Whether nothing is left to be done.
    let isOver: Bool

    init(
      _ checkpoint: Checkpoint?, _ skipped: [String], _ faultyWorkers: Set<UInt64>,
      _ timeSpent: TimeSpent, _ configuration: RunConfiguration, _ length: TrainingLength
    ) throws(RunFilesError) {
      if let checkpoint {
        let differences = checkpoint.differences(to: configuration)
        guard differences.isEmpty else {
          throw RunFilesError(
            .configuration,
            "the checkpoint belongs to another run: "
              + differences.map(\.description).joined(separator: "; "))
        }
        // Of a run that is made shorter.
        guard checkpoint.state.step <= length.stepCount else {
          throw RunFilesError(
            .configuration,
            "run '\(configuration.run)' has trained for \(checkpoint.state.step) steps, and "
              + "\(length.epochCount == 1 ? "1 epoch has" : "\(length.epochCount) epochs have") only "
              + "\(length.stepCount): give --epochs at least "
              + "\((Int(checkpoint.state.step) - 1) / length.stepsPerEpoch + 1)")
        }
      }
      self.checkpoint = checkpoint
      self.skipped = skipped
      self.faultyWorkers = faultyWorkers
      secondsSpent = timeSpent.seconds
      isOver = checkpoint?.epoch == configuration.epochs
    }
  }
}

extension CoordinatorError {
  init(_ error: RunFilesError) {
    let code: Code =
      switch error.code {
      case .damaged: .data
      case .cannotCreate: .cannotCreate
      case .inputOutput: .inputOutput
      case .configuration: .configuration
      }
    self.init(code, error.description, advice: "")
  }
}

extension Checkpoint {
  /// How far the run had come, as the core counts it.
  var position: Position {
    Position(
      step: state.step, epoch: UInt32(epoch), counted: UInt32(state.totals.samples),
      skipped: UInt32(state.totals.skipped), correct: UInt32(state.totals.correct),
      best: best.map { Position.Best(epoch: UInt32($0.epoch), correct: UInt32($0.correct)) })
  }
}
