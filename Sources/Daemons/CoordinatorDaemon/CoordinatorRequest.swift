import Manifest
import RunFiles
import ZeroMQ

/// What `CoordinatorDaemon.run` is asked to do.
public struct CoordinatorRequest: Sendable {
  /// Whether and where a run goes on.
  public enum Resume: Equatable, Sendable {
    /// The run must be new.
    case never
    /// From the newest checkpoint that verifies, or from the start where there is none.
    case newest
    /// From this file.
    case checkpoint(String)
  }

  /// The head that a new run begins with.
  public struct Start: Equatable, Sendable {
    /// The run whose head it is.
    public var directory: RunDirectory
    /// Whether to take the epoch of the highest validation accuracy instead of the last.
    public var useBest: Bool

    public init(_ directory: RunDirectory, useBest: Bool) {
      self.directory = directory
      self.useBest = useBest
    }
  }

  public var configuration: RunConfiguration
  /// The folder of photographs that `configuration.data` stands for.
  public var dataFolder: String
  /// The file that `configuration.backbone` stands for. Nil for a run that takes its backbone over from
  /// another, unless one is named all the same: then it must be the same network.
  public var backbonePath: String?
  /// The folder that holds the runs.
  public var runsFolder: String
  public var resume: Resume
  /// Nil begins with zeros.
  public var start: Start?
  /// Where features are kept for later runs; nil where they aren't.
  public var cacheFolder: String?
  /// Who may talk to the coordinator over the network.
  public var access: NetworkAccess
  /// By which address others reach it, where that is another than it listens at.
  public var advertise: Endpoint?
  /// What it is called in the local network, where it is announced; nil where it isn't.
  public var announcedName: String?
  /// The version of tl, for workers that have another one.
  public var softwareVersion: String
  /// Of the process: where this user's sockets lie.
  public var environment: [String: String]

  /// Where the photographs are, and how to take them.
  var source: Dataset.Source {
    Dataset.Source(folder: dataFolder, as: configuration)
  }

  public init(
    configuration: RunConfiguration, dataFolder: String, backbonePath: String?, runsFolder: String,
    resume: Resume = .never, start: Start? = nil, cacheFolder: String? = nil, access: NetworkAccess,
    advertise: Endpoint? = nil, announcedName: String? = nil, softwareVersion: String,
    environment: [String: String]
  ) {
    self.configuration = configuration
    self.dataFolder = dataFolder
    self.backbonePath = backbonePath
    self.runsFolder = runsFolder
    self.resume = resume
    self.start = start
    self.cacheFolder = cacheFolder
    self.access = access
    self.advertise = advertise
    self.announcedName = announcedName
    self.softwareVersion = softwareVersion
    self.environment = environment
  }
}

extension Dataset.Source {
  /// The folder that a configuration's data stands for, and what the configuration says of it.
  public init(folder: String, as configuration: RunConfiguration) {
    func given(_ folder: String) -> String? { folder.isEmpty ? nil : folder }
    self.init(
      folder, validation: given(configuration.dataValidation), test: given(configuration.dataTest))
    labels = given(configuration.labels)
    reading = configuration.layout
  }
}
