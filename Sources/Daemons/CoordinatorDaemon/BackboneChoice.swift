import Digest
import Extraction
import Manifest
import MobileNet
import Monitoring
import RunFiles
import Store
import Threading

/// Prepares the backbone that a configuration asks for. What it leaves open, a new run takes from
/// the file, and says so; a run that goes on keeps what it began with.
struct BackboneChoice {
  let path: String
  let file: BackboneFile
  let configuration: RunConfiguration
  let isNewRun: Bool
  /// As a run that goes on began with it; nil where it hasn't got that.
  let own: [UInt8]?
  /// Where the prepared backbone is kept; nil where the run is to do without.
  let cacheFolder: String?
  let observer: any RunObserver

  func prepare(
    _ manifest: Manifest, in folders: DatasetFolders
  ) throws(CoordinatorError) -> PreparedBackbone {
    observer.observe(.preparing(.backbone, done: 0, total: 1))
    if let own = ownBackbone { return own }
    let float32 = try float32(manifest, folders)
    func prepare(_ precision: Precision) throws(PreparedBackbone.Failure) -> PreparedBackbone {
      try PreparedBackbone(
        float32, precision: precision, calibratingOn: manifest, in: folders,
        fit: configuration.fit,
        kept: cacheFolder.map { KeptBackbones(folder: $0, observer: observer) },
        threads: processorCount
      ) { done, total in
        observer.observe(.preparing(.calibration, done: done, total: total))
      }
    }
    do throws(PreparedBackbone.Failure) {
      do throws(PreparedBackbone.Failure) {
        let prepared = try prepare(configuration.precision)
        guard let noise = prepared.backbone.int8Noise, noise > Precision.int8NoiseMax,
          isOpen(\.precision)
        else { return prepared }
        let percent = Int((noise * 100).rounded())
        observer.observe(
          .warning(
            "computing in float32: int8 would change this network's features by \(percent) % of "
              + "their deviation; --precision int8 computes in int8 all the same"))
        return try prepare(.float32)
      } catch .backbone(let reason)
        where configuration.precision == .int8 && isOpen(\.precision)
      {
        observer.observe(.warning("computing in float32: \(reason)"))
        return try prepare(.float32)
      }
    } catch {
      throw refusal(error)
    }
  }

  /// What the run computes with already, if it was prepared from this file: another `tl` might round the
  /// same network otherwise.
  private var ownBackbone: PreparedBackbone? {
    guard let own, (try? Backbone.networkDigest(of: own)) == .sha256(file.bytes) else { return nil }
    return try? PreparedBackbone(
      object: own, preprocess: configuration.preprocess, depths: configuration.depths)
  }

  /// What a new run took without being told, for people.
  func notes(on backbone: Backbone) -> [String] {
    guard isOpen(\.preprocess), let known = file.known, known.preprocess == backbone.preprocess
    else {
      return []
    }
    return [
      "\(path) is \(known.name): photographs become its input by \(known.preprocess); --preprocess says "
        + "otherwise"
    ]
  }

  private func isOpen(_ value: PartialKeyPath<RunConfiguration>) -> Bool {
    isNewRun && configuration.origin(of: value) == .default
  }

  private func float32(
    _ manifest: Manifest, _ folders: DatasetFolders
  ) throws(CoordinatorError) -> PreparedBackbone {
    do throws(PreparedBackbone.Failure) {
      guard isOpen(\.preprocess) else {
        return try PreparedBackbone(
          float32: file.bytes, preprocess: configuration.preprocess, depths: configuration.depths)
      }
      do throws(PreparedBackbone.Failure) {
        return try PreparedBackbone(
          float32: file.bytes, preprocess: nil, depths: configuration.depths)
      } catch .backbone(.preprocessUnknown(let usual)) {
        let taken =
          if let known = file.known { known.preprocess } else {
            try tried(manifest, folders) ?? guessed(usual)
          }
        return try PreparedBackbone(
          float32: file.bytes, preprocess: taken, depths: configuration.depths)
      }
    } catch {
      throw refusal(error)
    }
  }

  /// What serves best in a trial; nil where there are too few photographs for one.
  private func tried(
    _ manifest: Manifest, _ folders: DatasetFolders
  ) throws(PreparedBackbone.Failure) -> Preprocess? {
    let trial = try PreprocessTrial(
      file.bytes, on: manifest, in: folders, fit: configuration.fit
    ) { done, total in
      observer.observe(.preparing(.trial, done: done, total: total))
    }
    guard let best = trial?.results.first, let trial else { return nil }
    let figures = trial.results.map { "\($0.preprocess.rawValue) \(Self.digits($0.error))" }
    observer.observe(
      .warning(
        "\(path) doesn't say how photographs become its input. Heads fitted to \(trial.photographCount) "
          + "of them erred least with \(best.preprocess) (squared errors: "
          + "\(figures.joined(separator: ", "))), so that is taken. If you know better, say it with "
          + "--preprocess"))
    return best.preprocess
  }

  private func guessed(_ usual: Preprocess?) -> Preprocess {
    let taken = usual ?? .inception
    observer.observe(
      .warning(
        "\(path) doesn't say how photographs become its input, and there are too few of them to try it "
          + "out; taking \(taken). If you know better, say it with --preprocess"))
    return taken
  }

  /// Three decimals.
  private static func digits(_ error: Double) -> String {
    guard error.isFinite, error < 1000 else { return "far off" }
    let thousandths = Int((error * 1000).rounded())
    let fraction = String(thousandths % 1000 + 1000).dropFirst()
    return "\(thousandths / 1000).\(fraction)"
  }

  private func refusal(_ failure: PreparedBackbone.Failure) -> CoordinatorError {
    switch failure {
    case .backbone(let reason):
      CoordinatorError(
        .data, "\(path) can't be used as a backbone: \(reason)",
        advice: CoordinatorSetup.backboneAdvice(besides: "\(reason)"))
    case .noPhotograph:
      CoordinatorError(.data, failure.description, advice: "look at the photographs")
    case .decoder:
      CoordinatorError(.unavailable, failure.description, advice: "")
    case .unreadable:
      CoordinatorError(.inputOutput, failure.description, advice: "")
    }
  }
}

extension RunConfiguration {
  /// Takes down what the backbone settled.
  mutating func resolve(_ backbone: Backbone) {
    preprocess = backbone.preprocess
    precision = backbone.precision
  }
}

/// Prepared backbones in the store that all runs share.
private struct KeptBackbones: KeptObjects {
  private let objects: DerivedObjects
  private let observer: any RunObserver

  init(folder: String, observer: any RunObserver) {
    objects = DerivedObjects(folder: StoreFolder(folder))
    self.observer = observer
  }

  func object(_ key: ContentDigest) -> [UInt8]? { objects.object(key) }

  func keep(_ object: [UInt8], for key: ContentDigest) {
    do throws(StoreError) {
      try objects.keep(object, for: key)
    } catch {
      observer.observe(.warning("the prepared backbone is not kept for later runs: \(error)"))
    }
  }
}
