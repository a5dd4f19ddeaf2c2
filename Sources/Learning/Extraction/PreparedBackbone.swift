import Digest
import Images
import Manifest
import MobileNet

/// Where what follows from other things is kept by the digest of all of them.
public protocol KeptObjects {
  /// Nil where there is none.
  func object(_ key: ContentDigest) -> [UInt8]?
  /// Keeps it if it can.
  func keep(_ object: [UInt8], for key: ContentDigest)
}

/// A run's backbone as workers get it: with its input resolved, quantized where the run computes in
/// int8, and with its features on a common scale where they consist of several depths.
public struct PreparedBackbone: Sendable {
  public let backbone: Backbone
  /// What workers fetch: the ONNX file in float32, the quantized object in int8, and either of them
  /// with its scales where the features consist of several depths. Its SHA-256 is the backbone's digest.
  public let object: [UInt8]
  private let depths: Int

  /// Why a backbone can't be prepared.
  public enum Failure: Error, Equatable, Sendable {
    /// The file can't serve as this run's backbone.
    case backbone(MobileNetError)
    /// None of the photographs can be decoded.
    case noPhotograph
    /// There is no memory for a decoder.
    case decoder(ImageError)
    /// The machine doesn't let a photograph be read.
    case unreadable(ManifestError)
  }

  /// Reads a backbone, which computes in float32 and leaves its features as they are.
  ///
  /// - Parameters:
  ///   - file: the ONNX file.
  ///   - preprocess: how photographs become its input; nil takes what the file says.
  ///   - depths: of how many depths the features consist.
  public init(
    float32 file: [UInt8], preprocess: Preprocess?, depths: Int = 1
  ) throws(Failure) {
    do throws(MobileNetError) {
      backbone = try Backbone(onnx: file, preprocess: preprocess, depths: depths)
    } catch {
      throw .backbone(error)
    }
    object = file
    self.depths = depths
  }

  /// Takes over a backbone as another run's workers got it, with the ranges and scales that it has there:
  /// what that run's head knows are these features and no others.
  ///
  /// - Parameter preprocess: how photographs become its input
  public init(
    object: [UInt8], preprocess: Preprocess, depths: Int
  ) throws(Failure) {
    do throws(MobileNetError) {
      backbone = try Backbone(object: object, preprocess: preprocess)
    } catch {
      throw .backbone(error)
    }
    self.object = object
    self.depths = depths
  }

  /// Prepares a backbone for a run: in its precision, and with features of several depths on a common
  /// scale. What that takes is seen on the decodable photographs with the smallest content digests; see
  /// ``CalibrationSet``.
  ///
  /// - Parameters:
  ///   - float32: the backbone as it was read.
  ///   - precision: int8 quantizes it.
  ///   - folders: where the photographs of the manifest lie.
  ///   - fit: how the run turns pictures into input.
  ///   - kept: where the outcome is kept for later runs, and looked for; nil does without.
  ///   - threads: how many compute.
  ///   - progress: told how many of the photographs are done, and how many there are.
  public init(
    _ float32: PreparedBackbone, precision: Precision, calibratingOn manifest: Manifest,
    in folders: DatasetFolders, fit: Fit, kept: (any KeptObjects)? = nil, threads: Int = 1,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(Failure) {
    guard precision == .int8 || float32.depths > 1 else {
      self = float32
      return
    }
    let photographs = CalibrationSet(manifest)
    let recipe = "\(precision.rawValue) \(float32.depths) \(fit.rawValue)"
    if let kept, let known = Self.kept(in: kept, float32, recipe, photographs) {
      self = known
      return
    }
    let calibration = try Self.images(of: photographs, float32.backbone, folders, fit, progress)
    guard !calibration.images.isEmpty else { throw .noPhotograph }
    do throws(MobileNetError) {
      self = try float32.prepared(precision, showing: calibration.images, threads: threads)
    } catch {
      throw .backbone(error)
    }
    // Where a file was missing the next run may find it.
    if !calibration.lacksFiles {
      kept?.keep(
        object,
        for: photographs.key(float32.backbone, recipe, triedCount: calibration.triedCount))
    }
  }

  private func prepared(
    _ precision: Precision, showing images: [[UInt8]], threads: Int
  ) throws(MobileNetError) -> PreparedBackbone {
    var prepared = self
    if precision == .int8 {
      let object = try QuantizedBackbone.object(
        quantizing: backbone, calibratingOn: images, threads: threads)
      prepared = PreparedBackbone(
        backbone: try Backbone(object: object), object: object, depths: depths)
    }
    guard depths > 1 else { return prepared }
    let object = try StandardizedBackbone.object(
      of: prepared.object, prepared.backbone, depths: depths, showing: images,
      threads: threads)
    return PreparedBackbone(
      backbone: try Backbone(object: object, preprocess: backbone.preprocess), object: object,
      depths: depths)
  }

  private init(backbone: Backbone, object: [UInt8], depths: Int) {
    self.backbone = backbone
    self.object = object
    self.depths = depths
  }

  /// What was made from just this. Whether photographs were passed over as undecodable isn't known
  /// before they are tried, so each count that can be is looked for.
  private static func kept(
    in objects: any KeptObjects, _ float32: PreparedBackbone, _ recipe: String,
    _ photographs: CalibrationSet
  ) -> PreparedBackbone? {
    let count = photographs.candidates.count
    let most = min(count, CalibrationSet.countMax + undecodableMax)
    for triedCount in min(count, CalibrationSet.countMax)...most {
      let key = photographs.key(float32.backbone, recipe, triedCount: triedCount)
      guard let object = objects.object(key),
        let backbone = try? Backbone(object: object, preprocess: float32.backbone.preprocess)
      else { continue }
      return PreparedBackbone(backbone: backbone, object: object, depths: float32.depths)
    }
    return nil
  }

  /// With more undecodable ones among the first, the backbone is prepared anew each time.
  private static let undecodableMax = 8

  private struct Images {
    var images: [[UInt8]] = []
    /// How many candidates were looked at.
    var triedCount = 0
    /// Whether one of them was not there.
    var lacksFiles = false
  }

  private static func images(
    of photographs: CalibrationSet, _ backbone: Backbone, _ folders: DatasetFolders, _ fit: Fit,
    _ progress: (_ done: Int, _ total: Int) -> Void
  ) throws(Failure) -> Images {
    var preprocessor: Preprocessor
    do throws(ImageError) {
      preprocessor = try Preprocessor(
        inputHeight: backbone.inputSize.height, inputWidth: backbone.inputSize.width, fit: fit)
    } catch {
      throw .decoder(error)
    }
    var result = Images()
    let total = min(CalibrationSet.countMax, photographs.candidates.count)
    for entry in photographs.candidates {
      guard result.images.count < CalibrationSet.countMax else { break }
      result.triedCount += 1
      switch try image(of: entry, in: folders, &preprocessor) {
      case .decoded(let image): result.images.append(image)
      case .undecodable: continue
      case .missing: result.lacksFiles = true
      }
      progress(result.images.count, total)
    }
    return result
  }

  /// What became of a photograph that was to be looked at.
  enum Image {
    case decoded([UInt8])
    case undecodable
    case missing
  }

  /// A file that is gone or can't be decoded is reported when a worker comes to it. What this machine
  /// lacks to read or decode it must not change the choice.
  static func image(
    of entry: Manifest.Entry, in folders: DatasetFolders, _ preprocessor: inout Preprocessor
  ) throws(Failure) -> Image {
    let file: [UInt8]
    do throws(ManifestError) {
      file = try entry.read(in: folders)
    } catch {
      guard error.concernsMachine else { return .missing }
      throw .unreadable(error)
    }
    do throws(ImageError) {
      return .decoded(try preprocessor.preprocess(file, digest: entry.digest, variant: 0))
    } catch {
      guard error.isUndecodable else { throw .decoder(error) }
      return .undecodable
    }
  }
}

extension PreparedBackbone.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .backbone(let error): error.description
    case .noPhotograph:
      "none of the photographs can be decoded, and the backbone takes its ranges from some of them"
    case .decoder(let error): error.description
    case .unreadable(let error): error.description
    }
  }
}
