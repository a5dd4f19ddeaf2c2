import Files
import Glibc

/// The folder of a run:
///
///     <root>/<name>/config.json      the resolved configuration
///                   progress.jsonl   the progress log
///                   checkpoints/     step-00000480.safetensors
public struct RunDirectory: Equatable, Sendable {
  /// Names become folders, and parts of messages.
  static let nameByteCountMax = 100

  public let root: String
  public let name: String

  public init(root: String, name: String) throws(RunFilesError) {
    guard Self.isUsable(name: name) else {
      throw RunFilesError(
        .cannotCreate,
        "'\(name)' can't be the name of a run: use 1 to \(Self.nameByteCountMax) letters, digits, "
          + "'.', '_' and '-', and no '.' at the start")
    }
    self.root = root
    self.name = name
  }

  /// Letters, digits, '.', '_' and '-' of ASCII, not beginning with a '.'.
  public static func isUsable(name: String) -> Bool {
    (1...nameByteCountMax).contains(name.utf8.count) && !name.hasPrefix(".")
      && name.utf8.allSatisfy { byte in
        switch Unicode.Scalar(byte) {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "_", "-": true
        default: false
        }
      }
  }

  public var path: String { "\(root)/\(name)" }
  public var configurationPath: String { path + "/config.json" }
  public var progressPath: String { path + "/progress.jsonl" }
  public var checkpointsPath: String { path + "/checkpoints" }

  /// Whether a run of this name has been created: whether it has a configuration.
  public var exists: Bool { unsafe access(configurationPath, F_OK) == 0 }

  public func configuration() throws(RunFilesError) -> RunConfiguration {
    let bytes: [UInt8]
    do {
      bytes = try readFile(
        configurationPath, byteCountMax: RunConfiguration.byteCountMax)
    } catch {
      throw RunFilesError(.inputOutput, "read the configuration of run '\(name)'", error)
    }
    return try RunConfiguration(decoding: bytes, path: configurationPath)
  }

  /// Creates the folders, takes the lock and writes the configuration. A run that exists is
  /// refused; what a creation left behind that didn't reach the configuration is taken over.
  ///
  /// - Parameter files: what the run can't do without once it has a configuration, by path; written
  ///   before it.
  public func create(
    _ configuration: RunConfiguration, with files: [(path: String, content: [UInt8])] = [],
    fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(RunFilesError) -> RunLock {
    try configuration.validate()
    try makeFolders(fileSystem)
    let lock = try lock()
    // Looked at under the lock, so that of two that create it one comes second.
    guard !exists else {
      throw RunFilesError(
        .cannotCreate,
        "run '\(name)' exists in \(path); continue it with --resume, or choose another --run name")
    }
    do {
      for file in files { try fileSystem.replaceFile(file.path, with: file.content) }
      try fileSystem.replaceFile(configurationPath, with: configuration.encoded())
      try fileSystem.synchronizeFolder(of: path)
    } catch {
      throw RunFilesError(.cannotCreate, "create run '\(name)'", error)
    }
    return lock
  }

  /// Takes down another number of epochs, durably.
  public func setEpochs(
    as given: RunConfiguration, fileSystem: some FileSystem = LinuxFileSystem()
  ) throws(RunFilesError) {
    var configuration = try configuration()
    configuration.epochs = given.epochs
    configuration.origins[RunOption.epochs] = given.origin(of: \.epochs)
    do {
      try fileSystem.replaceFile(configurationPath, with: configuration.encoded())
    } catch {
      throw RunFilesError(.inputOutput, "write the configuration of run '\(name)'", error)
    }
  }

  private func makeFolders(_ fileSystem: some FileSystem) throws(RunFilesError) {
    for folder in [root, path, checkpointsPath] {
      do {
        try fileSystem.makeFolder(folder)
      } catch {
        guard error.number == EEXIST else {
          throw RunFilesError(.cannotCreate, "create run '\(name)'", error)
        }
      }
    }
  }

  /// Claims the run for this process, until the lock goes out of scope. A run that another process
  /// has claimed is refused.
  public func lock() throws(RunFilesError) -> RunLock {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
      let error = SystemError(number: errno, path: path)
      throw RunFilesError(.cannotCreate, "open run '\(name)'", error)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      close(descriptor)
      if number == EWOULDBLOCK {
        throw RunFilesError(
          .cannotCreate,
          "run '\(name)' is in use by another coordinator; watch it with 'tl-coord monitor "
            + "\(name)', stop it, or choose another --run name")
      }
      throw RunFilesError(
        .cannotCreate, "lock run '\(name)'", SystemError(number: number, path: path))
    }
    return RunLock(descriptor: descriptor)
  }

  /// The names of the runs in a folder, sorted; none where there is no such folder.
  public static func runs(in root: String) throws(RunFilesError) -> [RunDirectory] {
    let found: [String]
    do {
      found = try names(in: root)
    } catch {
      if error.number == ENOENT { return [] }
      throw RunFilesError(.inputOutput, "list the runs", error)
    }
    var runs: [RunDirectory] = []
    for name in found where isUsable(name: name) {
      let run = try RunDirectory(root: root, name: name)
      if run.exists { runs.append(run) }
    }
    return runs
  }
}

/// A run that this process has claimed. The kernel gives it back when the process ends, however it
/// ends.
public struct RunLock: ~Copyable, Sendable {
  private let descriptor: Int32

  fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }
}
