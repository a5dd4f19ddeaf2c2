import Digest
import Images
import Manifest
import MobileNet
import Options
import Training

/// How much the classes count beside each other.
public enum ClassWeighting: String, CaseIterable, Hashable, Sendable {
  /// Each photograph as much as any other.
  case none
  /// Each class as much as any other, however many photographs it has.
  case balanced

  /// - Parameter labels: of the training samples; every class has one.
  public func weights(counting labels: [Int], of classCount: Int) -> ClassWeights {
    guard self == .balanced else { return .none }
    var counts = Array(repeating: 0, count: classCount)
    for label in labels { counts[label] += 1 }
    return ClassWeights(balancing: counts)
  }
}

/// How a command shows progress.
public enum ProgressStyle: String, CaseIterable, Hashable, Sendable {
  case auto, plain, json, none
}

/// All that decides how a run goes: the options of `tl-coord start`, resolved, and where each came
/// from. Some decide the answer, and may not change once the run has begun; others don't.
public struct RunConfiguration: Equatable, Sendable {
  /// The name of the dataset and of the backbone that come with the program.
  public static let demo = "demo"

  /// The folder of photographs, or the name of a known dataset.
  public var data = RunConfiguration.demo
  /// The ONNX file, or the name of a known backbone.
  public var backbone = RunConfiguration.demo
  /// The name of the run's folder; empty until it is known.
  public var run = ""

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
  /// Which photographs belong on one side: "folder", or a regular expression; empty for none.
  public var group = ""
  public var classWeights = ClassWeighting.none
  /// Augmentations of each sample, the plain one included.
  public var variants = 1
  public var precision = Precision.int8
  /// Of how many depths of the backbone the features consist.
  public var depths = 6
  public var preprocess = Preprocess.inception
  /// Height and width of the backbone's input in pixels where its file leaves them free; 0 is what the
  /// file says.
  public var inputSize = 0
  public var fit = Fit.crop

  // What decides the dataset, whose digest decides the answer.
  /// Folders of their own for the photographs that validate and test; empty where there are none.
  public var dataValidation = ""
  public var dataTest = ""
  /// A file with the labels, where folders don't say them; empty where there is none.
  public var labels = ""
  public var layout = Dataset.Reading.auto
  /// The share of the files that may be no photographs, or none that can be decoded, from 0 to 1.
  public var undecodableMax = 0.1
  /// Whether anything that would be left out is an error instead.
  public var strictData = false

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
  /// The fraction of answers that are looked at twice.
  public var audit = 0.0
  public var progress = ProgressStyle.auto

  /// Where values came from, by the names of their options; what isn't listed has its default.
  public var origins: [String: Origin] = [:]

  /// What the names above stood for when the run was created; nil until it is known.
  public var inputs: RunInputs?
  /// The run whose head this one began with; nil for a run that began with zeros.
  public var predecessor: Predecessor?
  /// How the run's backbone was made, see `ownPreparation`; nil where the run doesn't say, or has its backbone
  /// from another.
  public var preparation: String?

  public init() {}

  /// Where the value of a property comes from.
  public func origin(of path: PartialKeyPath<RunConfiguration>) -> Origin {
    origins[RunOption.holding(path).name] ?? .default
  }

  /// The training's part of it. Throws where a value is out of range, naming it.
  ///
  /// - Parameter weights: of the classes, as `classWeights` has them for the photographs.
  public func training(
    _ weights: ClassWeights = .none
  ) throws(TrainingError) -> TrainingConfiguration {
    var training = try TrainingConfiguration(
      optimizer: optimizer, learningRate: learningRate, schedule: schedule,
      weightDecay: weightDecay, momentum: momentum, labelSmoothing: labelSmoothing)
    training.gradientScale = weights.largest
    return training
  }

  /// Throws where any value is out of range, naming option, value, and what is allowed.
  public func validate() throws(RunFilesError) {
    for option in RunOption.all {
      var copy = self
      let value = option.json(self)
      guard option.set(&copy, to: value) else { throw option.refusal(of: value) }
    }
    do { _ = try training() } catch { throw RunFilesError(.configuration, "\(error)") }
  }
}

extension RunOption {
  func refusal(of value: JSONValue) -> RunFilesError {
    RunFilesError(
      .configuration, "\(name) is \(value.encoded), but must be \(declaration.expectation)")
  }
}

/// What a run trains on: the bytes, by their digests, and what this program makes of them.
public struct RunInputs: Hashable, Sendable {
  public var manifest: ContentDigest
  public var backbone: ContentDigest
  /// The `Preprocessing.version` of the program that began the run; 0 where that didn't say.
  public var preprocessingVersion: UInt32
  /// The head that the run began with; nil for zeros.
  public var startHead: ContentDigest?

  public init(
    manifest: ContentDigest, backbone: ContentDigest,
    preprocessingVersion: UInt32 = Preprocessing.version, startHead: ContentDigest? = nil
  ) {
    self.manifest = manifest
    self.backbone = backbone
    self.preprocessingVersion = preprocessingVersion
    self.startHead = startHead
  }

  /// What files call the backbone's digest.
  static let backboneName = "backbone_sha256"

  /// By the names that files use.
  var members: [JSONValue.Member] {
    var members: [JSONValue.Member] = [
      .init("manifest_sha256", .string("\(manifest)")),
      .init(Self.backboneName, .string("\(backbone)")),
      .init("preprocessing_version", .integer(preprocessingVersion)),
    ]
    if let startHead { members.append(.init("start_head_sha256", .string("\(startHead)"))) }
    return members
  }

  /// What `now` has otherwise.
  func differences(to now: RunInputs) -> [ConfigurationDifference] {
    let (before, now) = (JSONValue.object(members), JSONValue.object(now.members))
    let names = [
      "manifest_sha256", Self.backboneName, "preprocessing_version", "start_head_sha256",
    ]
    return names.filter { before[$0] != now[$0] }.map { name in
      ConfigurationDifference(
        name: name, before: before[name]?.encoded ?? "none", now: now[name]?.encoded ?? "none")
    }
  }
}

/// A value that decides the answer and isn't what it was.
public struct ConfigurationDifference: Equatable, Sendable, CustomStringConvertible {
  /// The option's name, or that of one of the inputs.
  public let name: String
  public let before: String
  public let now: String

  public var description: String { "\(name) was \(before) and is now \(now)" }
}

extension RunConfiguration {
  /// What keeps `other` from continuing this run: differing values of options that decide the
  /// answer, and differing inputs where both are known. Names of files and all else may differ.
  public func differences(to other: RunConfiguration) -> [ConfigurationDifference] {
    var differences: [ConfigurationDifference] = []
    func compare(_ name: String, _ before: JSONValue, _ now: JSONValue) {
      guard before != now else { return }
      differences.append(
        ConfigurationDifference(name: name, before: before.encoded, now: now.encoded))
    }
    if let before = inputs, let now = other.inputs {
      differences = before.differences(to: now)
    }
    for option in RunOption.all where option.role.decidesHead && !isFree(option, other) {
      compare(option.name, option.json(self), option.json(other))
    }
    return differences
  }

  /// Whether an option may have another value although it decides the answer. With a constant learning
  /// rate a run of more epochs begins with exactly the steps of one of fewer.
  private func isFree(_ option: RunOption, _ other: RunConfiguration) -> Bool {
    option.name == RunOption.epochs && schedule == .constant && other.schedule == .constant
  }

  /// Throws where this program would make other pixels of the photographs than the run was trained on.
  public func checkPixels() throws(RunFilesError) {
    guard let version = inputs?.preprocessingVersion, version != Preprocessing.version else {
      return
    }
    throw RunFilesError(
      .configuration,
      "run '\(run)' was trained on photographs as "
        + (version == 0 ? "an earlier tl" : "tl with preprocessing version \(version)")
        + " prepares them, and this one (version \(Preprocessing.version)) makes other pixels of them; "
        + "use the tl that trained it, or train again under another --run name")
  }

  /// Throws, naming every difference, where `other` can't continue this run.
  public func checkContinuation(by other: RunConfiguration) throws(RunFilesError) {
    let differences = differences(to: other)
    guard !differences.isEmpty else { return }
    let list = differences.map(\.description).joined(separator: "; ")
    let epochs = RunOption.epochs
    let advice =
      differences.map(\.name) == [epochs]
      ? "With --schedule cosine the learning rate of every step depends on the number of epochs, so that "
        + "a run of \(other.epochs) is another one from its first step. Start one that goes on from its "
        + "head: --from \(run) --\(epochs) N"
      : "Give the old values, or another --run name to start anew; --from \(run) starts another run from "
        + "its head"
    throw RunFilesError(
      .configuration,
      "run '\(run)' can't be resumed with another configuration: \(list). \(advice)")
  }
}
