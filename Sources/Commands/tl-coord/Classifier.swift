import CommandLine
import Digest
import Glibc
import Images
import MobileNet
import RunFiles
import Synchronization
import Threading

/// What a run has learnt, ready to be used: its backbone and a head.
struct Classifier: Sendable {
  let classes: [String]
  /// Of the head, from 1, as people count.
  let epoch: Int
  /// What is wrong with newer checkpoints, which were passed over.
  let passedOver: [String]
  private let backbone: Backbone
  private let parameters: [Float]

  /// Larger than any photograph.
  private static let byteCountMax = 1 << 30

  /// - Parameter useBest: whether to take the epoch of the highest validation accuracy instead of
  ///   the last.
  init(_ run: RunDirectory, useBest: Bool) throws {
    let configuration = try run.configuration()
    let newest = try run.checkpoints.newest(withoutAnyOf: run.faultyWorkers())
    var checkpoint = newest.checkpoint
    passedOver = newest.skipped.map(\.reason)
    if useBest, let best = checkpoint?.best {
      checkpoint = try Checkpoint(readingFrom: run.checkpoints.file(step: best.step))
    }
    guard let checkpoint else {
      throw CommandLineError(
        .data, "run '\(run.name)' has no checkpoint yet",
        advice: "Let it train for an epoch: 'tl-coord start --run \(run.name) --resume'.")
    }
    do {
      let object = try run.backbone()
      guard ContentDigest.sha256(object) == checkpoint.inputs.backbone else {
        throw CommandLineError(
          .data, "\(printable(run.backbonePath)) is damaged: it is not the run's backbone",
          advice: "Write it anew: 'tl-coord start --run \(run.name) --resume'.")
      }
      backbone = try Backbone(
        object: object, preprocess: configuration.preprocess)
    } catch let error as MobileNetError {
      throw CommandLineError(.data, "\(printable(run.backbonePath)): \(error)")
    }
    classes = checkpoint.classes
    epoch = checkpoint.best.map { useBest ? $0.epoch + 1 : checkpoint.epoch } ?? checkpoint.epoch
    parameters = checkpoint.state.head.parameters
  }

  /// Why a photograph has no prediction.
  struct Failure: Error {
    let reason: String
  }

  /// The classes' probabilities for each photograph, in the order given.
  ///
  /// - Parameter progress: told on the caller's thread how many are done.
  func probabilities(
    of inputs: [PredictionInputs.Input], threads: Int, progress: (_ done: Int) -> Void = { _ in }
  ) -> [Result<[Double], Failure>] {
    let work = SharedWork(count: inputs.count)
    let running = (0..<max(1, min(threads, inputs.count))).map { number in
      NamedThread(name: "predict-\(number)", stackBytes: 4 << 20) {
        var extractor = FeatureExtractor(backbone)
        while let index = work.next() {
          let result: Result<[Double], Failure>
          do throws(Failure) {
            result = .success(try probabilities(of: inputs[index], &extractor))
          } catch {
            result = .failure(error)
          }
          work.finish(index, result)
        }
      }
    }
    var reported = 0
    for _ in inputs.indices {
      work.waitForOne()
      reported += 1
      progress(reported)
    }
    for thread in running { thread.join() }
    return work.results()
  }

  private func probabilities(
    of input: PredictionInputs.Input, _ extractor: inout FeatureExtractor
  ) throws(Failure) -> [Double] {
    let file: [UInt8]
    switch input {
    case .picture(let bytes): file = bytes
    case .file(let path):
      do throws(SystemError) {
        file = try readFile(path, byteCountMax: Classifier.byteCountMax)
      } catch {
        throw Failure(reason: error.reason)
      }
    }
    do {
      var preprocessor = try Preprocessor(
        inputHeight: backbone.inputSize.height, inputWidth: backbone.inputSize.width)
      let pixels = try preprocessor.preprocess(file, digest: .sha256(file), variant: 0)
      var features = [Float](repeating: 0, count: backbone.featureCount)
      var span = features.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
      return softmax(logits(features))
    } catch {
      throw Failure(reason: "\(error)")
    }
  }

  /// Only people look at these numbers: a plain sum serves.
  private func logits(_ features: [Float]) -> [Double] {
    let weightCount = classes.count * features.count
    return classes.indices.map { index in
      var sum = Double(parameters[weightCount + index])
      for (place, feature) in features.enumerated() {
        sum += Double(parameters[index * features.count + place]) * Double(feature)
      }
      return sum
    }
  }

  private func softmax(_ logits: [Double]) -> [Double] {
    let highest = logits.max() ?? 0
    let powers = logits.map { exp($0 - highest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }
}

/// Indices handed out to threads, and what they made of them.
private final class SharedWork: Sendable {
  private let position = Atomic<Int>(0)
  private let count: Int
  private let slots: Mutex<[Result<[Double], Classifier.Failure>]>
  private let finished = WorkQueue<Int>()

  init(count: Int) {
    self.count = count
    let waiting = Result<[Double], Classifier.Failure>.failure(
      Classifier.Failure(reason: "not computed"))
    slots = Mutex(Array(repeating: waiting, count: count))
  }

  func next() -> Int? {
    let index = position.add(1, ordering: .relaxed).oldValue
    return index < count ? index : nil
  }

  func finish(_ index: Int, _ result: Result<[Double], Classifier.Failure>) {
    slots.withLock { $0[index] = result }
    finished.add(index)
  }

  func waitForOne() { _ = finished.take() }

  func results() -> [Result<[Double], Classifier.Failure>] { slots.withLock { $0 } }
}
