import Digest
import Training

/// Where the value of an option comes from; the earlier ones win.
public enum Origin: String, CaseIterable, Hashable, Sendable {
  case flag, environment, file, `default`
}

/// The arithmetic of the backbone.
public enum Precision: String, CaseIterable, Hashable, Sendable {
  case int8, fp32
}

/// How pixels from 0 to 255 become the backbone's input.
public enum PixelScaling: String, CaseIterable, Hashable, Sendable {
  /// x / 127.5 − 1, as TensorFlow's MobileNets want it.
  case inception
  /// (x / 255 − mean) / deviation of ImageNet's channels, as PyTorch's models want it.
  case imagenet
}

/// How a command shows progress.
public enum ProgressStyle: String, CaseIterable, Hashable, Sendable {
  case auto, plain, json, none
}

/// All that decides how a run goes: the options of `tl-coord start`, resolved, and where each came
/// from. Some decide the answer, and may not change once the run has begun; others don't.
public struct RunConfiguration: Equatable, Sendable {
  /// The folder of photographs, or the name of a known dataset.
  public var data: String
  /// The ONNX file, or the name of a known backbone.
  public var backbone: String
  /// The name of the run's folder.
  public var run: String

  // What decides the answer.
  public var epochs = 6
  public var batchSize = 32
  public var optimizer = Optimizer.adam
  /// The optimizer's own where none is given.
  public var learningRate = Optimizer.adam.defaultLearningRate
  public var schedule = Schedule.constant
  public var weightDecay = 0.0
  public var momentum = 0.9
  public var labelSmoothing = 0.0
  public var seed: UInt64 = 42
  /// The part of each class that is kept for validation, between 0 and 1.
  public var validation = 0.3
  /// Augmentations of each sample, the plain one included.
  public var variants = 1
  public var precision = Precision.int8
  public var preprocess = PixelScaling.inception

  // What decides only how it is reached and shown.
  /// HOST:PORT of the control channel.
  public var listen = "127.0.0.1:5555"
  /// Worker processes that the coordinator starts itself.
  public var localWorkers = 0
  /// Compute threads of each local worker; 0 is one for each core.
  public var workerThreads = 0
  /// Workers that must be there before the first lease.
  public var minWorkers = 1
  /// Seconds between checkpoints within an epoch.
  public var checkpointEvery = 10.0
  /// Whether more than 1 % of undecodable samples are accepted.
  public var allowUndecodable = false
  /// The fraction of answers that are looked at twice.
  public var audit = 0.0
  public var progress = ProgressStyle.auto

  /// Fields that aren't listed have their default.
  public var origins: [ConfigurationField: Origin] = [:]

  /// What the names above stood for when the run was created; nil until it is known.
  public var inputs: RunInputs?

  public init(data: String, backbone: String, run: String) {
    self.data = data
    self.backbone = backbone
    self.run = run
  }

  /// Where the value of a field comes from.
  public func origin(of field: ConfigurationField) -> Origin { origins[field] ?? .default }

  /// The training's part of it. Throws where a value is out of range, naming it.
  public func training() throws(TrainingError) -> TrainingConfiguration {
    try TrainingConfiguration(
      optimizer: optimizer, learningRate: learningRate, schedule: schedule,
      weightDecay: weightDecay, momentum: momentum, labelSmoothing: labelSmoothing)
  }

  /// Throws where any value is out of range, naming field, value, and what is allowed.
  public func validate() throws(RunFilesError) {
    for field in ConfigurationField.allCases {
      var copy = self
      let value = field.coding.read(self)
      guard field.coding.write(&copy, value) else {
        throw RunFilesError(
          .configuration, "\(field.rawValue) is \(value.encoded), but must be \(field.allowed)")
      }
    }
    do { _ = try training() } catch { throw RunFilesError(.configuration, "\(error)") }
  }
}

/// The bytes that a run trains on, by their digests.
public struct RunInputs: Hashable, Sendable {
  public var manifest: ContentDigest
  public var backbone: ContentDigest

  public init(manifest: ContentDigest, backbone: ContentDigest) {
    self.manifest = manifest
    self.backbone = backbone
  }
}

/// A value that decides the answer and isn't what it was.
public struct ConfigurationDifference: Equatable, Sendable, CustomStringConvertible {
  /// The option's name, or `manifest_sha256` or `backbone_sha256`.
  public let name: String
  public let before: String
  public let now: String

  public var description: String { "\(name) was \(before) and is now \(now)" }
}

extension RunConfiguration {
  /// What keeps `other` from continuing this run: differing values of fields that decide the
  /// answer, and differing inputs where both are known. Names of files and all else may differ.
  public func differences(to other: RunConfiguration) -> [ConfigurationDifference] {
    var differences: [ConfigurationDifference] = []
    func compare(_ name: String, _ before: JSONValue, _ now: JSONValue) {
      guard before != now else { return }
      differences.append(
        ConfigurationDifference(name: name, before: before.encoded, now: now.encoded))
    }
    if let before = inputs, let now = other.inputs {
      compare("manifest_sha256", .string("\(before.manifest)"), .string("\(now.manifest)"))
      compare("backbone_sha256", .string("\(before.backbone)"), .string("\(now.backbone)"))
    }
    for field in ConfigurationField.allCases where field.decidesAnswer {
      compare(field.rawValue, field.coding.read(self), field.coding.read(other))
    }
    return differences
  }

  /// Throws, naming every difference, where `other` can't continue this run.
  public func checkContinuation(by other: RunConfiguration) throws(RunFilesError) {
    let differences = differences(to: other)
    guard !differences.isEmpty else { return }
    let list = differences.map(\.description).joined(separator: "; ")
    throw RunFilesError(
      .configuration,
      "run '\(run)' can't be resumed with another configuration: \(list). "
        + "Give the old values, or another --run name to start anew")
  }
}
