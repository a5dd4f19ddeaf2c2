import Digest
import Extraction
import Files
import Glibc
import Images
import Manifest
import MobileNet
import RunFiles
import Threading
import Training

/// What a run has learnt, ready to be used: its backbone and a head.
public struct Classifier: Sendable {
  public let classes: [String]
  /// Of the head, from 1, as people count.
  public let epoch: Int
  /// What is wrong with newer checkpoints, which were passed over.
  public let passedOver: [String]
  /// Whether a photograph's probabilities are the mean of its own and of its mirror image's, for twice
  /// the work.
  public var averagesMirrorImage = false
  public let runName: String
  let configuration: RunConfiguration
  /// Of the epoch, as the checkpoint has them.
  let metrics: EpochMetrics?
  let head: Head
  /// What the validation photographs told; nil where the run keeps nothing of it, or nothing that fits
  /// this backbone and head.
  public let calibration: Calibration?
  /// Why it isn't used, in a sentence; nil where it is.
  public let reasonUncalibrated: String?
  /// By what logits are divided before they become probabilities.
  let temperature: Double
  /// The backbone's bytes, as workers get them.
  let object: [UInt8]
  let backbone: Backbone

  /// Larger than any photograph.
  private static let byteCountMax = 1 << 30
  /// The decoders want some.
  public static let stackBytes = 4 << 20

  /// Throws where the run has no checkpoint, its files are damaged, or another version of the program
  /// prepared its photographs.
  ///
  /// - Parameter useBest: whether to take the epoch of the highest validation accuracy instead of
  ///   the last.
  public init(_ run: RunDirectory, useBest: Bool) throws(InspectionError) {
    let newest: (checkpoint: Checkpoint, skipped: [String])
    let configuration: RunConfiguration
    do throws(RunFilesError) {
      configuration = try run.configuration()
      try configuration.checkPixels()
      newest = try run.checkpoint(useBest: useBest)
    } catch {
      throw InspectionError(error)
    }
    passedOver = newest.skipped
    let checkpoint = newest.checkpoint
    classes = checkpoint.classes
    epoch = checkpoint.best.map { useBest ? $0.epoch + 1 : checkpoint.epoch } ?? checkpoint.epoch
    head = checkpoint.state.head
    metrics = checkpoint.metrics
    runName = run.name
    self.configuration = configuration
    (object, backbone) = try Classifier.backbone(of: run, configuration, checkpoint)
    (calibration, reasonUncalibrated) = Classifier.calibration(of: run, backbone, head)
    temperature = calibration?.temperature(of: head.digest) ?? 1
  }

  private static func calibration(
    of run: RunDirectory, _ backbone: Backbone, _ head: Head
  ) -> (Calibration?, reason: String?) {
    do throws(RunFilesError) {
      guard let kept = try run.calibration() else {
        return (nil, "the classifier isn't calibrated")
      }
      let shape = head.shape
      guard kept.backbone == backbone.digest, kept.temperature(of: head.digest) != nil,
        kept.likeness.directions.count == shape.classCount,
        kept.likeness.directions[0].count == backbone.ownFeatureCount
      else { return (nil, "the run was calibrated for another head") }
      return (kept, nil)
    } catch {
      return (nil, "the classifier isn't calibrated: \(error)")
    }
  }

  var backboneDigest: ContentDigest { backbone.digest }

  static func backbone(
    of run: RunDirectory, _ configuration: RunConfiguration, _ checkpoint: Checkpoint
  ) throws(InspectionError) -> (object: [UInt8], Backbone) {
    let object: [UInt8]
    do throws(RunFilesError) {
      object = try run.backbone(checkpoint.inputs.backbone, configuration)
    } catch {
      throw InspectionError(error)
    }
    do throws(MobileNetError) {
      return (object, try Backbone(object: object, preprocess: configuration.preprocess))
    } catch {
      throw InspectionError(.data, "\(run.backbonePath): \(error)")
    }
  }

  /// A picture that is to be classified.
  public enum Input: Sendable {
    /// The path of its file.
    case file(String)
    /// The content of its file.
    case picture([UInt8])
  }

  /// Why a picture has no prediction.
  public struct Failure: Error, Equatable {
    public let reason: String
    /// Whether it is for lack of memory, and not the picture's fault.
    public var isShortage = false
  }

  /// What it makes of a picture.
  public struct Answer: Sendable {
    /// Of each class; they add up to 1 but for rounding.
    public let probabilities: [Float]
    /// The class that it is taken for: that of the largest logit.
    public let predicted: Int
    /// Of each class before calibration.
    public let plainProbabilities: [Float]
    /// How much it is like the classes, from −1 to 1; nil where the classifier isn't calibrated.
    public let likeness: Double?
    /// Whether it is less like them than nearly all of the validation photographs.
    public let isOfNoClass: Bool

    /// The mean of both probabilities. How much a picture is like the classes its mirror image tells no
    /// better.
    fileprivate func averaged(with mirrored: Answer) -> Answer {
      func mean(_ one: [Float], _ other: [Float]) -> [Float] {
        zip(one, other).map { ($0 + $1) / 2 }
      }
      let probabilities = mean(probabilities, mirrored.probabilities)
      let predicted = probabilities.indices.dropFirst().reduce(0) {
        probabilities[$1] > probabilities[$0] ? $1 : $0
      }
      return Answer(
        probabilities: probabilities, predicted: predicted,
        plainProbabilities: mean(plainProbabilities, mirrored.plainProbabilities),
        likeness: likeness, isOfNoClass: isOfNoClass)
    }
  }

  /// The classes' probabilities for each picture, in the order given.
  public func probabilities(
    of inputs: [Input], threads: Int, progress: (_ done: Int) -> Void = { _ in }
  ) throws(InspectionError) -> [Result<[Float], Failure>] {
    try answers(to: inputs, threads: threads, progress: progress).map { answer in
      answer.map(\.probabilities)
    }
  }

  /// What it makes of each picture, in the order given.
  ///
  /// - Parameter progress: told on the caller's thread how many are done.
  public func answers(
    to inputs: [Input], threads: Int, progress: (_ done: Int) -> Void = { _ in }
  ) throws(InspectionError) -> [Result<Answer, Failure>] {
    try concurrentMap(
      count: inputs.count, threads: threads, name: "predict", stackBytes: Classifier.stackBytes,
      progress: progress,
      buffers: { () throws(InspectionError) in try Calculator(self) },
      compute: { (index, calculator: inout Calculator) throws(InspectionError) in
        calculator.answer(to: inputs[index])
      })
  }

  /// What one thread needs to answer, one picture after the other. The thread's stack must have
  /// `stackBytes`.
  public struct Calculator: ~Copyable {
    private let classifier: Classifier
    private var pipeline: FeaturePipeline
    private var engine: ShareEngine

    /// Throws where there is no memory for it.
    public init(_ classifier: Classifier) throws(InspectionError) {
      self.classifier = classifier
      engine = ShareEngine(shape: classifier.head.shape)
      do throws(ImageError) {
        pipeline = try FeaturePipeline(classifier.backbone, fit: classifier.configuration.fit)
      } catch {
        throw InspectionError(.inputOutput, error.description)
      }
    }

    /// What the classifier makes of a picture; the same for the same bytes, whatever came before.
    public mutating func answer(to input: Input) -> Result<Answer, Failure> {
      do throws(Failure) {
        return .success(try classifier.answer(to: input, &pipeline, &engine))
      } catch {
        return .failure(error)
      }
    }
  }

  private func answer(
    to input: Input, _ pipeline: inout FeaturePipeline, _ engine: inout ShareEngine
  ) throws(Failure) -> Answer {
    let file = try Classifier.content(of: input)
    do {
      let digest = ContentDigest.sha256(file)
      guard averagesMirrorImage else {
        let features = try pipeline.features(of: file, digest: digest, variant: 0)
        return try answer(to: features, &engine)
      }
      let (plain, mirrored) = try pipeline.featuresWithMirrorImage(of: file, digest: digest)
      return try answer(to: plain, &engine).averaged(with: answer(to: mirrored, &engine))
    } catch let error as ImageError {
      throw Failure(reason: error.problem, isShortage: !error.isUndecodable)
    } catch {
      throw Failure(reason: "\(error)")
    }
  }

  /// What the classifier makes of a picture with these features.
  func answer(
    to features: [Float], _ engine: inout ShareEngine
  ) throws(Divergence) -> Answer {
    let logits = try engine.logits(head: head, features: features)
    let plain = engine.prediction(logits: logits, temperature: 1)
    let (probabilities, predicted) =
      temperature == 1 ? plain : engine.prediction(logits: logits, temperature: temperature)
    let likeness = calibration.map {
      $0.likeness.likeness(of: backbone.ownFeatures(features))
    }
    return Answer(
      probabilities: probabilities, predicted: predicted,
      plainProbabilities: plain.probabilities, likeness: likeness,
      isOfNoClass: (likeness ?? 1) < (calibration?.likenessMin ?? -1))
  }

  /// A photograph as the backbone gets it, uint8 [height, width, 3]; nil where it can't be decoded.
  func pixels(of path: String) -> [UInt8]? {
    let (height, width) = backbone.inputSize
    do {
      var preprocessor = try Preprocessor(
        inputHeight: height, inputWidth: width, fit: configuration.fit)
      var pixels = [UInt8](repeating: 0, count: preprocessor.inputByteCount)
      var span = pixels.mutableSpan
      let file = try Classifier.content(of: .file(path))
      try preprocessor.preprocess(file, digest: .sha256(file), variant: 0, into: &span)
      return pixels
    } catch {
      return nil
    }
  }

  private static func reason(_ error: SystemError) -> String {
    switch error.number {
    // What is neither file nor folder, see `readFile`.
    case EINVAL: "it is neither a file nor a folder"
    case ENOENT where ForeignName.isMeant(by: error.path): ForeignName.problem
    default: error.reason
    }
  }

  static func content(of input: Input) throws(Failure) -> [UInt8] {
    let bytes: [UInt8]
    switch input {
    case .picture(let picture): bytes = picture
    case .file(let path):
      do throws(SystemError) {
        bytes = try readFile(path, byteCountMax: byteCountMax)
      } catch {
        throw Failure(reason: reason(error))
      }
    }
    guard !bytes.isEmpty else { throw Failure(reason: "it is empty") }
    return bytes
  }
}
