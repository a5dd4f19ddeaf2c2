import Catalogue
import Digest
import Extraction
import Manifest
import MobileNet
import Monitoring
import RunFiles
import Store

/// Prepares the backbone that a configuration asks for. What it leaves open, a new run takes from
/// the file, and says so; a run that goes on keeps what it began with.
struct BackboneChoice {
  let path: String
  let file: [UInt8]
  let configuration: RunConfiguration
  let isNewRun: Bool
  /// Where the prepared backbone is kept; nil where the run is to do without.
  let cacheFolder: String?
  let observer: any RunObserver

  func prepare(
    _ manifest: Manifest, in folders: DatasetFolders
  ) throws(CoordinatorError) -> PreparedBackbone {
    observer.observe(.preparing(.backbone, done: 0, total: 1))
    let float32 = try float32()
    func prepare(_ precision: Precision) throws(PreparedBackbone.Failure) -> PreparedBackbone {
      try PreparedBackbone(
        float32, precision: precision, calibratingOn: manifest, in: folders,
        fit: configuration.fit,
        kept: cacheFolder.map { KeptBackbones(folder: $0, observer: observer) }
      ) { done, total in
        observer.observe(.preparing(.calibration, done: done, total: total))
      }
    }
    do throws(PreparedBackbone.Failure) {
      do throws(PreparedBackbone.Failure) {
        return try prepare(configuration.precision)
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

  private func isOpen(_ value: PartialKeyPath<RunConfiguration>) -> Bool {
    isNewRun && configuration.origin(of: value) == .default
  }

  private func float32() throws(CoordinatorError) -> PreparedBackbone {
    do throws(PreparedBackbone.Failure) {
      guard isOpen(\.preprocess) else {
        return try PreparedBackbone(
          float32: file, preprocess: configuration.preprocess, depths: configuration.depths)
      }
      do throws(PreparedBackbone.Failure) {
        // A file of the catalogue is known, wherever it lies and whatever it is called.
        let known = Catalogue.standard.preprocess(ofFile: .sha256(file))
        return try PreparedBackbone(float32: file, preprocess: known, depths: configuration.depths)
      } catch .backbone(.preprocessUnknown(let usual)) {
        let taken = usual ?? .inception
        observer.observe(.warning("\(path) \(Self.explanation(of: taken))"))
        return try PreparedBackbone(
          float32: file, preprocess: taken, depths: configuration.depths)
      }
    } catch {
      throw refusal(error)
    }
  }

  /// Why one of the two is taken where nothing says which.
  private static func explanation(of taken: Preprocess) -> String {
    "doesn't say how photographs become its input; taking "
      + (taken == .inception
        ? "x / 127.5 - 1, as Keras' MobileNets want it. If the model was trained otherwise, add "
          + "--preprocess imagenet."
        : "ImageNet's mean and deviation, as PyTorch's models want it. If the model was trained "
          + "otherwise, add --preprocess inception.")
  }

  private func refusal(_ failure: PreparedBackbone.Failure) -> CoordinatorError {
    switch failure {
    case .backbone(let reason):
      CoordinatorError(
        .data, "\(path) can't be used as a backbone: \(reason)",
        advice: "give an ONNX file of an image classifier such as MobileNetV2")
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
