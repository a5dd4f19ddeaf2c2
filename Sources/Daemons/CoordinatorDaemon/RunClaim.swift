import ClusterCore
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
  /// - Parameter configuration: with its inputs.
  /// - Returns: nil for a start from step 0.
  mutating func begin(
    _ configuration: RunConfiguration
  ) throws(CoordinatorError) -> Continuation? {
    do throws(RunFilesError) {
      guard lock != nil else {
        lock = try directory.create(configuration)
        return nil
      }
      try directory.configuration().checkContinuation(by: configuration)
      let faultyWorkers = try directory.faultyWorkers()
      let timeSpent = try directory.timeSpent()
      try directory.checkpoints.makeIfMissing()
      switch resume {
      case .never: preconditionFailure("an existing run isn't begun anew")
      case .newest:
        let (checkpoint, skipped) = try directory.checkpoints.newest(withoutAnyOf: faultyWorkers)
        try directory.checkpoints.tidy(skipped)
        return try Continuation(
          checkpoint, skipped.map(\.reason), faultyWorkers, timeSpent, configuration)
      case .checkpoint(let path):
        let checkpoint = try Checkpoint(readingFrom: path)
        guard !checkpoint.contributors.mayContain(anyOf: faultyWorkers) else {
          throw RunFilesError(
            .damaged,
            "\(path) has work of a worker that gave wrong answers; go on with --resume alone, from the newest "
              + "that has none")
        }
        return try Continuation(checkpoint, [], faultyWorkers, timeSpent, configuration)
      }
    } catch {
      throw CoordinatorError(error)
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
      _ timeSpent: TimeSpent, _ configuration: RunConfiguration
    ) throws(RunFilesError) {
      if let checkpoint {
        let differences = checkpoint.differences(to: configuration)
        guard differences.isEmpty else {
          throw RunFilesError(
            .configuration,
            "the checkpoint belongs to another run: "
              + differences.map(\.description).joined(separator: "; "))
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
