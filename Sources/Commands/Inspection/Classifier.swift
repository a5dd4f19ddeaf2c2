import Digest
import Extraction
import Files
import Images
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
  let runName: String
  let configuration: RunConfiguration
  /// Of the epoch, as the checkpoint has them.
  let metrics: EpochMetrics?
  let head: Head
  /// The backbone's bytes, as workers get them.
  let object: [UInt8]
  private let backbone: Backbone

  /// Larger than any photograph.
  private static let byteCountMax = 1 << 30
  /// The decoders want some.
  static let stackBytes = 4 << 20

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
  }

  var backboneDigest: ContentDigest { backbone.digest }

  static func backbone(
    of run: RunDirectory, _ configuration: RunConfiguration, _ checkpoint: Checkpoint
  ) throws(InspectionError) -> (object: [UInt8], Backbone) {
    let object: [UInt8]
    do throws(RunFilesError) {
      object = try run.backbone()
    } catch {
      throw InspectionError(error)
    }
    guard ContentDigest.sha256(object) == checkpoint.inputs.backbone else {
      throw InspectionError(
        .data,
        "\(run.backbonePath) is damaged: it is not the run's backbone; "
          + (configuration.predecessor == nil
            ? "write it anew: 'tl-coord start --run \(run.name) --resume'"
            : "put it back from a copy"))
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
  }

  /// The classes' probabilities for each picture, in the order given; they add up to 1 but for
  /// rounding.
  ///
  /// - Parameter progress: told on the caller's thread how many are done.
  public func probabilities(
    of inputs: [Input], threads: Int, progress: (_ done: Int) -> Void = { _ in }
  ) throws(InspectionError) -> [Result<[Float], Failure>] {
    try concurrentMap(
      count: inputs.count, threads: threads, name: "predict", stackBytes: Classifier.stackBytes,
      progress: progress,
      buffers: { () throws(InspectionError) in
        do throws(ImageError) {
          return Buffers(
            pipeline: try FeaturePipeline(backbone, fit: configuration.fit),
            engine: ShareEngine(shape: head.shape))
        } catch {
          throw InspectionError(.inputOutput, error.description)
        }
      },
      compute: { (index, buffers: inout Buffers) throws(InspectionError) in
        do throws(Failure) {
          return .success(try probabilities(of: inputs[index], &buffers))
        } catch {
          return .failure(error)
        }
      })
  }

  private struct Buffers: ~Copyable {
    var pipeline: FeaturePipeline
    var engine: ShareEngine
  }

  private func probabilities(
    of input: Input, _ buffers: inout Buffers
  ) throws(Failure) -> [Float] {
    let file = try Classifier.content(of: input)
    do {
      let digest = ContentDigest.sha256(file)
      guard averagesMirrorImage else {
        let features = try buffers.pipeline.features(of: file, digest: digest, variant: 0)
        return try buffers.engine.probabilities(head: head, features: features)
      }
      let (plain, mirrored) = try buffers.pipeline.featuresWithMirrorImage(
        of: file, digest: digest)
      let one = try buffers.engine.probabilities(head: head, features: plain)
      let other = try buffers.engine.probabilities(head: head, features: mirrored)
      return zip(one, other).map { ($0 + $1) / 2 }
    } catch {
      throw Failure(reason: "\(error)")
    }
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

  private static func content(of input: Input) throws(Failure) -> [UInt8] {
    switch input {
    case .picture(let bytes): return bytes
    case .file(let path):
      do throws(SystemError) {
        return try readFile(path, byteCountMax: byteCountMax)
      } catch {
        throw Failure(reason: error.reason)
      }
    }
  }
}
