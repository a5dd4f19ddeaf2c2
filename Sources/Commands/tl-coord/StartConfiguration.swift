import Access
import CommandLine
import CoordinatorDaemon
import Files
import Glibc
import Options
import RunFiles
import ZeroMQ

/// Turns the options of `tl-coord start` into what the daemon is asked to do.
struct StartConfiguration {
  let settings: Settings

  private var root: String { settings[StartOptions.runs] }

  /// The request, with the names of data and backbone in the place of their paths: what they name may
  /// have to be made or fetched first. Throws with 64 for what is missing, 78 for what doesn't fit together.
  func request() throws -> CoordinatorRequest {
    let resume = try resumeChoice()
    let start = try start(resume)
    var configuration = RunConfiguration()
    if let start {
      configuration = try start.directory.configuration()
      configuration.beginAnew()
    }
    if resume != .never {
      let name = try runToResume(resume)
      let directory = try RunDirectory(root: root, name: name)
      // A name that was mistyped must not begin another run.
      guard directory.exists else { throw RunTarget.unknown(name, root: root) }
      configuration = try directory.configuration()
      // The folder's name counts: it may have been renamed or copied.
      configuration.run = name
    }
    configuration.take(settings.given, isResumed: resume != .never)
    if configuration.run.isEmpty { configuration.run = try freeName(for: configuration.data) }
    let hasBackbone = start != nil || configuration.predecessor != nil
    return CoordinatorRequest(
      configuration: configuration, dataFolder: configuration.data,
      backbonePath: hasBackbone && !isGiven(\.backbone) ? nil : configuration.backbone,
      runsFolder: root, resume: daemonChoice(resume), start: start,
      cacheFolder: settings[StartOptions.cache].folder(environment),
      access: settings[StartOptions.insecure] ? .everybody : .tokens(CredentialStore(environment)),
      advertise: settings[StartOptions.advertise].map { Endpoint(host: $0.host, port: $0.port) },
      announcedName: try announcedName(configuration),
      softwareVersion: version, environment: environment)
  }

  /// What the run is called in the local network: as the machine is, which says the same of itself.
  private func announcedName(_ configuration: RunConfiguration) throws(CommandLineError) -> String?
  {
    guard settings[StartOptions.announce] else { return nil }
    guard !settings[StartOptions.insecure] else {
      throw CommandLineError(
        .usage,
        "'--announce' and '--insecure' don't go together: without keys nobody could tell this "
          + "coordinator from one that pretends to be it",
        advice: "Leave one of them out.")
    }
    guard HostPort.list(configuration.listen)?.contains(where: { !$0.isLoopback }) ?? true else {
      throw CommandLineError(
        .usage,
        "'--announce' is for other machines, and --listen \(configuration.listen) lets none in",
        advice: "Listen at an address of the network as well, such as '--listen 0.0.0.0:5555'.")
    }
    return hostName()
  }

  private func isGiven(_ path: PartialKeyPath<RunConfiguration>) -> Bool {
    settings.given[RunOption.holding(path).name] != nil
  }

  /// Which run's head a new run begins with; nil where it begins with zeros, or is resumed.
  private func start(_ resume: ResumeChoice) throws -> CoordinatorRequest.Start? {
    guard let name = settings[StartOptions.from] else {
      guard settings[StartOptions.best] else { return nil }
      throw CommandLineError(
        .usage, "'--best' says which head of a run to start from, and none is named",
        advice: "Name one with '--from RUN'.")
    }
    guard resume == .never else {
      // Begun from it by an earlier job, it goes on.
      if settings[StartOptions.resume] == .ifAny { return nil }
      throw CommandLineError(
        .usage,
        "'--resume' and '--from' don't go together: a run goes on, or it starts from another",
        advice: "'--resume if-any --from RUN' starts the run where there is none yet.")
    }
    return CoordinatorRequest.Start(
      try RunTarget.directory(name, root: root, for: "--from"),
      useBest: settings[StartOptions.best])
  }

  private func daemonChoice(_ resume: ResumeChoice) -> CoordinatorRequest.Resume {
    switch resume {
    case .never: .never
    case .newest, .ifAny: .newest
    case .checkpoint(let path): .checkpoint(path)
    }
  }

  /// With `ifAny` settled.
  private func resumeChoice() throws -> ResumeChoice {
    let choice = settings[StartOptions.resume]
    guard choice == .ifAny else { return choice }
    guard let name = settings.given[RunOption.nameOfRun]?.text else {
      return try newestRun(in: root) == nil ? .never : .newest
    }
    return try RunDirectory(root: root, name: name).exists ? .newest : .never
  }

  // MARK: The name

  private func runToResume(_ resume: ResumeChoice) throws -> String {
    if let name = settings.given[RunOption.nameOfRun]?.text { return name }
    guard case .checkpoint(let path) = resume else {
      guard let newest = try newestRun(in: root) else {
        throw CommandLineError(
          .usage, "there is no run in \(root) to resume",
          advice: "Start one without '--resume', or name its folder with '--runs'.")
      }
      return newest.name
    }
    // runs/NAME/checkpoints/step-….safetensors
    let parts = PathNames.all(of: path)
    guard parts.count >= 3, parts[parts.count - 2] == "checkpoints" else {
      throw CommandLineError(
        .usage, "\(printable(path)) isn't in a run's folder of checkpoints",
        advice: "Say which run to continue from it: add '--run NAME'.")
    }
    return String(parts[parts.count - 3])
  }

  /// The data's name and the first number that no run has yet.
  private func freeName(for data: String) throws -> String {
    let last = PathNames.all(of: data).last ?? "run"
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
}
