import CommandLine
import CoordinatorDaemon
import Glibc
import RunFiles

/// Turns the options of `tl-coord start` into what the daemon is asked to do.
struct StartConfiguration {
  let settings: Settings

  private var root: String { settings[StartOptions.runs] }

  /// The request, with the name of the data in the place of its folder: a built-in dataset may have
  /// to be made first. Throws with 64 for what is missing, 78 for what doesn't fit together.
  func request() throws -> CoordinatorRequest {
    let resume = settings[StartOptions.resume]
    let name = try runName(resume)
    var configuration = RunConfiguration(data: "", backbone: "", run: name)
    var previous: RunConfiguration?
    if resume != .never {
      let directory = try RunDirectory(root: root, name: name)
      // A name that was mistyped must not begin another run.
      guard directory.exists else { throw RunTarget.unknown(name, root: root, .configuration) }
      // What isn't given anew is as it was.
      configuration = try directory.configuration()
      // The folder's name counts: it may have been renamed or copied.
      configuration.run = name
      previous = configuration
    }
    apply(to: &configuration, isResumed: previous != nil)
    return CoordinatorRequest(
      configuration: configuration, dataFolder: configuration.data,
      backbonePath: try Inputs.backbonePath(configuration.backbone), runsFolder: root,
      resume: previous == nil ? .never : daemonChoice(resume))
  }

  private func daemonChoice(_ resume: ResumeChoice) -> CoordinatorRequest.Resume {
    switch resume {
    case .never: .never
    case .newest: .newest
    case .checkpoint(let path): .checkpoint(path)
    }
  }

  // MARK: The name

  private func runName(_ resume: ResumeChoice) throws -> String {
    if let name = settings[StartOptions.run] { return name }
    switch resume {
    case .never:
      return try freeName()
    case .newest:
      guard let newest = try newestRun(in: root) else {
        throw CommandLineError(
          .usage, "there is no run in \(root) to resume",
          advice: "Start one without '--resume', or name its folder with '--runs'.")
      }
      return newest.name
    case .checkpoint(let path):
      // runs/NAME/checkpoints/step-….safetensors
      let parts = path.split(separator: "/")
      guard parts.count >= 3, parts[parts.count - 2] == "checkpoints" else {
        throw CommandLineError(
          .usage, "\(printable(path)) doesn't lie in a run's folder of checkpoints",
          advice: "Say which run goes on from it: add '--run NAME'.")
      }
      return String(parts[parts.count - 3])
    }
  }

  /// The data's name and the first number that no run has yet.
  private func freeName() throws -> String {
    let last = settings[StartOptions.data].split(separator: "/").last ?? "run"
    let letters = last.unicodeScalars.map { scalar in
      RunDirectory.isUsable(name: "a\(scalar)") ? Character(scalar) : "-"
    }
    var base = String(letters.prefix(60))
    if !RunDirectory.isUsable(name: base) { base = "run" }
    let runsMax = 1_000_000
    for number in 1...runsMax {
      // Any entry of the name counts, whether it is a run or not.
      let name = "\(base)-\(number)"
      if unsafe access("\(root)/\(name)", F_OK) != 0 { return name }
    }
    throw CommandLineError(
      .cannotCreate, "\(root) is full of runs of \(base)", advice: "Name one with '--run NAME'.")
  }

  // MARK: The values

  private func apply(to configuration: inout RunConfiguration, isResumed: Bool) {
    func take<Value>(
      _ option: Option<Value>, _ field: ConfigurationField,
      _ path: WritableKeyPath<RunConfiguration, Value>
    ) {
      let origin = settings.origin(of: option)
      guard origin != .default || !isResumed else { return }
      configuration[keyPath: path] = settings[option]
      configuration.origins[field] = RunFiles.Origin(rawValue: origin.rawValue)
    }
    func take<Value>(
      _ option: Option<Value?>, _ field: ConfigurationField,
      _ path: WritableKeyPath<RunConfiguration, Value>
    ) {
      guard let value = settings[option] else { return }
      configuration[keyPath: path] = value
      configuration.origins[field] = RunFiles.Origin(
        rawValue: settings.origin(of: option).rawValue)
    }
    take(StartOptions.data, .data, \.data)
    take(StartOptions.backbone, .backbone, \.backbone)
    take(StartOptions.preprocess, .preprocess, \.preprocess)
    take(StartOptions.validation, .validation, \.validation)
    take(StartOptions.variants, .variants, \.variants)
    take(StartOptions.allowUndecodable, .allowUndecodable, \.allowUndecodable)
    take(StartOptions.epochs, .epochs, \.epochs)
    take(StartOptions.batchSize, .batchSize, \.batchSize)
    take(StartOptions.optimizer, .optimizer, \.optimizer)
    if !isResumed { configuration.learningRate = configuration.optimizer.defaultLearningRate }
    take(StartOptions.learningRate, .learningRate, \.learningRate)
    take(StartOptions.schedule, .schedule, \.schedule)
    take(StartOptions.weightDecay, .weightDecay, \.weightDecay)
    take(StartOptions.momentum, .momentum, \.momentum)
    take(StartOptions.labelSmoothing, .labelSmoothing, \.labelSmoothing)
    take(StartOptions.seed, .seed, \.seed)
    take(StartOptions.precision, .precision, \.precision)
    take(StartOptions.localWorkers, .localWorkers, \.localWorkers)
    if !isResumed, configuration.data == Inputs.demo,
      settings.origin(of: StartOptions.epochs) == .default
    {
      // Its small backbone learns longer.
      configuration.epochs = StartOptions.demoEpochCount
    }
    take(StartOptions.workerThreads, .workerThreads, \.workerThreads)
    take(StartOptions.minWorkers, .minWorkers, \.minWorkers)
    take(StartOptions.audit, .audit, \.audit)
    take(StartOptions.checkpointEvery, .checkpointEvery, \.checkpointEvery)
    // The terminal is another one each time.
    configuration.progress = settings[StartOptions.progress]
    configuration.origins[.progress] = RunFiles.Origin(
      rawValue: settings.origin(of: StartOptions.progress).rawValue)
    let listening = settings.origin(of: StartOptions.listen)
    if listening != .default || !isResumed {
      configuration.listen = settings[StartOptions.listen].description
      configuration.origins[.listen] = RunFiles.Origin(rawValue: listening.rawValue)
    }
    if configuration.origin(of: .localWorkers) == .default {
      configuration.localWorkers = StartConfiguration.localWorkerCount(for: configuration)
    }
    if settings.origin(of: StartOptions.run) != .default {
      configuration.origins[.run] = RunFiles.Origin(
        rawValue: settings.origin(of: StartOptions.run).rawValue)
    }
  }
}

extension StartConfiguration {
  /// Where nobody said how many: a run that no other machine can join computes by itself, and the
  /// demo shows how work is shared.
  private static func localWorkerCount(for configuration: RunConfiguration) -> Int {
    if configuration.data == Inputs.demo { return StartOptions.demoWorkerCount }
    return HostPort(configuration.listen)?.isLoopback == true ? 1 : 0
  }
}

/// The run whose progress log changed last.
func newestRun(in root: String) throws(RunFilesError) -> RunDirectory? {
  func time(_ run: RunDirectory) -> (Int, Int) {
    var status = stat()
    for path in [run.progressPath, run.configurationPath] {
      // The call fills in the struct.
      if unsafe stat(path, &status) == 0 { return (status.st_mtim.tv_sec, status.st_mtim.tv_nsec) }
    }
    return (0, 0)
  }
  return try RunDirectory.runs(in: root).max { time($0) < time($1) }
}
