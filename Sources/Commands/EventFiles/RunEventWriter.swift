import Files
import Glibc
import RunFiles

/// Writes what a run's progress log tells as event files of TensorBoard, line by line.
///
/// There are two folders, `training` and `validation`, because TensorBoard draws what two folders call by
/// the same name as two curves of one chart. The horizontal axis is that of steps everywhere.
public final class RunEventWriter {
  private let fileSystem: any FileSystem
  private let folder: String
  private var training: EventFile?
  private var validation: EventFile?

  /// The folder of event files in a run's folder.
  public static let folderName = "tensorboard"

  /// Whether a run has been written before.
  public static func exists(in run: String) -> Bool {
    unsafe access("\(run)/\(folderName)", F_OK) == 0
  }

  /// Nothing is written before the first event.
  ///
  /// - Parameters:
  ///   - run: the run's folder.
  ///   - fileSystem: another one for tests.
  public init(run: String, _ fileSystem: any FileSystem = LinuxFileSystem()) {
    folder = "\(run)/\(RunEventWriter.folderName)"
    self.fileSystem = fileSystem
  }

  /// Whether nobody has removed what was written.
  public var isInPlace: Bool { [training, validation].allSatisfy { $0?.isInPlace ?? true } }

  /// Takes a line of the log.
  ///
  /// - Throws: where a file can't be written; the run has no part in that.
  public func take(_ line: ProgressLine) throws(SystemError) {
    func event(_ tag: String, _ value: Double?) -> Event? {
      guard let value else { return nil }
      return Event(
        time: line.time, step: line.step, content: .scalar(tag: tag, Float(value)))
    }
    switch line.event {
    case .step(let range):
      try append(
        [
          event("step/loss", range.trainLoss),
          event("step/samples_per_second", range.imagesPerSecond),
        ], to: \.training, at: line.time)
    case .epoch(let result):
      let metrics = result.metrics
      try append(
        [
          event("epoch/loss", metrics.trainLoss), event("epoch/accuracy", metrics.trainAccuracy),
        ], to: \.training, at: line.time)
      try append(
        [
          event("epoch/loss", metrics.validationLoss),
          event("epoch/accuracy", metrics.validationAccuracy),
          event("epoch/balanced_accuracy", metrics.validationBalancedAccuracy),
        ], to: \.validation, at: line.time)
    case .finished(let result):
      try append(
        [
          event("test/accuracy", result.test?.accuracy),
          event("test/balanced_accuracy", result.test?.balancedAccuracy),
        ], to: \.validation, at: line.time)
    case .resume(let step), .rollback(let step, _):
      // What comes next is of the step after.
      let restart = Event(time: line.time, step: step + 1, content: .restart)
      try append([restart], to: \.training, at: line.time)
      try append([restart], to: \.validation, at: line.time)
    case .start, .features, .workerJoined, .workerLost, .workerFaulty, .skipped, .checkpoint,
      .warning, .note,
      .finding, .stopped, .unknown:
      break
    }
  }

  /// Adds pictures of the validation photographs.
  ///
  /// - Parameters:
  ///   - images: each with its name.
  ///   - step: steps complete of the head that they show.
  public func add(
    _ images: [(tag: String, file: PNGFile)], step: UInt64, at time: Timestamp = .now
  ) throws(SystemError) {
    let events = images.map {
      Event(time: time, step: step, content: .image(tag: $0.tag, $0.file))
    }
    try append(events, to: \.validation, at: time)
  }

  /// Removes what was written of the run before.
  public func clear() throws(SystemError) {
    for name in ["training", "validation"] {
      let inner = "\(folder)/\(name)"
      for file in (try? names(in: inner)) ?? [] where file.hasPrefix(EventFile.prefix) {
        try fileSystem.remove("\(inner)/\(file)")
      }
    }
  }

  private func append(
    _ events: [Event?], to file: ReferenceWritableKeyPath<RunEventWriter, EventFile?>,
    at time: Timestamp
  ) throws(SystemError) {
    let events = events.compactMap(\.self)
    guard !events.isEmpty else { return }
    if let open = self[keyPath: file] { return try open.append(events) }
    let inner = "\(folder)/\(file == \.training ? "training" : "validation")"
    for folder in [folder, inner] where !isFolder(folder) { try fileSystem.makeFolder(folder) }
    let made = try EventFile(in: inner, at: time, fileSystem)
    self[keyPath: file] = made
    try made.append(events)
  }
}
