import Digest
import Images
import Manifest
import MobileNet

/// A run's backbone as workers get it: with its input resolved, and quantized where the run
/// computes in int8.
public struct PreparedBackbone: Sendable {
  public let backbone: Backbone
  /// What workers fetch: the ONNX file in float32, the quantized object in int8. Its SHA-256 is the
  /// backbone's digest.
  public let object: [UInt8]

  /// Photographs that the ranges of an int8 backbone are taken from. More of them change the ranges
  /// little and cost a float32 pass each.
  public static let calibrationCountMax = 64

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

  /// Prepares a backbone in float32.
  ///
  /// - Parameters:
  ///   - file: the ONNX file.
  ///   - preprocess: how photographs become its input; nil takes what the file says.
  public init(float32 file: [UInt8], preprocess: Preprocess?) throws(Failure) {
    do throws(MobileNetError) {
      backbone = try Backbone(onnx: file, preprocess: preprocess)
    } catch {
      throw .backbone(error)
    }
    object = file
  }

  /// Prepares a backbone in int8, calibrated on the decodable photographs with the smallest content
  /// digests, those of a test set left aside: a choice that depends neither on names nor on a seed, so that the same photographs
  /// give the same backbone.
  ///
  /// - Parameters:
  ///   - float32: the same backbone in float32.
  ///   - folders: where the photographs of the manifest lie.
  ///   - fit: how the run turns pictures into input.
  ///   - progress: told how many of the photographs are done, and how many there are.
  public init(
    quantizing float32: Backbone, calibratingOn manifest: Manifest, in folders: DatasetFolders,
    fit: Fit, progress: (_ done: Int, _ total: Int) -> Void
  ) throws(Failure) {
    let images = try Self.calibrationImages(float32, manifest, folders, fit, progress)
    guard !images.isEmpty else { throw .noPhotograph }
    do throws(MobileNetError) {
      object = try QuantizedBackbone.object(quantizing: float32, calibratingOn: images)
      backbone = try Backbone(object: object)
    } catch {
      throw .backbone(error)
    }
  }

  private static func calibrationImages(
    _ backbone: Backbone, _ manifest: Manifest, _ folders: DatasetFolders,
    _ fit: Fit, _ progress: (_ done: Int, _ total: Int) -> Void
  ) throws(Failure) -> [[UInt8]] {
    var preprocessor: Preprocessor
    do throws(ImageError) {
      preprocessor = try Preprocessor(
        inputHeight: backbone.inputSize.height, inputWidth: backbone.inputSize.width, fit: fit)
    } catch {
      throw .decoder(error)
    }
    var images: [[UInt8]] = []
    var last: ContentDigest?
    let candidates = manifest.entries.filter { $0.part != .test }
    let total = min(calibrationCountMax, candidates.count)
    for entry in candidates.sorted(by: { $0.digest < $1.digest }) {
      guard images.count < calibrationCountMax else { break }
      // The same content counts once, however many names it has.
      guard entry.digest != last else { continue }
      last = entry.digest
      guard let image = try calibrationImage(of: entry, in: folders, &preprocessor) else {
        continue
      }
      images.append(image)
      progress(images.count, total)
    }
    return images
  }

  /// Nil for a file that is gone or can't be decoded: it is reported when a worker comes to it. What
  /// this machine lacks to read or decode it must not change the choice.
  private static func calibrationImage(
    of entry: Manifest.Entry, in folders: DatasetFolders, _ preprocessor: inout Preprocessor
  ) throws(Failure) -> [UInt8]? {
    let file: [UInt8]
    do throws(ManifestError) {
      file = try entry.read(in: folders)
    } catch {
      guard error.concernsMachine else { return nil }
      throw .unreadable(error)
    }
    do throws(ImageError) {
      return try preprocessor.preprocess(file, digest: entry.digest, variant: 0)
    } catch {
      guard error.isUndecodable else { throw .decoder(error) }
      return nil
    }
  }
}

extension PreparedBackbone.Failure: CustomStringConvertible {
  public var description: String {
    switch self {
    case .backbone(let error): error.description
    case .noPhotograph:
      "none of the photographs can be decoded, and int8 takes its ranges from some of them"
    case .decoder(let error): error.description
    case .unreadable(let error): error.description
    }
  }
}
