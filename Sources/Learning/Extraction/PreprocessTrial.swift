import Digest
import Images
import Manifest
import MobileNet
import Threading

/// Finds out how photographs become a network's input where nothing says it: each way is tried on some
/// of the photographs, and the one whose features tell their classes apart best is taken.
///
/// What counts is the error of a quick head, and not how certain the network's own classifier is: that
/// is most certain of all of inputs that are far out of its range. docs/NETWORKS.md has how often it is
/// right.
public struct PreprocessTrial: Sendable {
  public struct Result: Sendable {
    public let preprocess: Preprocess
    /// The mean squared error of `RidgeHead`, infinite where features are no numbers.
    public let error: Double
  }

  /// Of all ways that have a name, the best first.
  public let results: [Result]
  public let photographCount: Int

  /// More photographs make it surer and cost four forward passes each.
  static let photographCountMax = 256
  /// With fewer than this a way would be taken by chance.
  static let photographCountMin = 24
  /// With more classes there would be too few photographs of each.
  static let classCountMax = 32
  // Pixels of so many are kept at a time.
  private static let blockSize = 32

  /// Nil where there are too few photographs.
  ///
  /// - Parameters:
  ///   - file: the ONNX file
  ///   - folders: where the photographs of the manifest lie
  ///   - fit: how the run turns pictures into input
  ///   - progress: told how many of the photographs are done, and how many there are
  public init?(
    _ file: [UInt8], on manifest: Manifest, in folders: DatasetFolders, fit: Fit,
    progress: (_ done: Int, _ total: Int) -> Void
  ) throws(PreparedBackbone.Failure) {
    let entries = Self.entries(of: manifest)
    guard entries.count >= Self.photographCountMin, Set(entries.map(\.classIndex)).count > 1 else {
      return nil
    }
    let backbones = try Preprocess.named.map { way throws(PreparedBackbone.Failure) in
      do throws(MobileNetError) {
        return try Backbone(onnx: file, preprocess: way)
      } catch {
        throw .backbone(error)
      }
    }
    var preprocessor: Preprocessor
    do throws(ImageError) {
      preprocessor = try Preprocessor(
        inputHeight: backbones[0].inputSize.height, inputWidth: backbones[0].inputSize.width,
        fit: fit)
    } catch {
      throw .decoder(error)
    }
    var features = backbones.map { _ in [[Float]]() }
    var labels: [Int] = []
    for start in stride(from: 0, to: entries.count, by: Self.blockSize) {
      progress(start, entries.count)
      var images: [[UInt8]] = []
      for entry in entries[start..<min(start + Self.blockSize, entries.count)] {
        guard
          case .decoded(let image) = try PreparedBackbone.image(
            of: entry, in: folders, &preprocessor)
        else {
          continue
        }
        images.append(image)
        labels.append(entry.classIndex)
      }
      for (place, rows) in Self.features(of: images, backbones).enumerated() {
        features[place] += rows
      }
    }
    guard labels.count >= Self.photographCountMin, Set(labels).count > 1 else { return nil }
    photographCount = labels.count
    results = zip(backbones, features).map { backbone, rows in
      Result(
        preprocess: backbone.preprocess,
        error: RidgeHead.leaveOneOutError(features: rows, labels: labels))
    }.sorted { $0.error < $1.error }
  }

  /// As many of each class as can be, those with the smallest content digests: a choice that depends
  /// neither on names nor on a seed.
  private static func entries(of manifest: Manifest) -> [Manifest.Entry] {
    let known = manifest.entries.filter { $0.part != .test }
    var classes = Dictionary(grouping: known, by: \.classIndex).sorted {
      ($1.value.count, $0.key) < ($0.value.count, $1.key)
    }.prefix(classCountMax).map { $0.value.sorted { $0.digest < $1.digest }[...] }
    var chosen: [Manifest.Entry] = []
    while chosen.count < photographCountMax, classes.contains(where: { !$0.isEmpty }) {
      for place in classes.indices where chosen.count < photographCountMax {
        if let next = classes[place].popFirst() { chosen.append(next) }
      }
    }
    return chosen
  }

  /// The features of each image by each backbone, each of which has a thread of its own.
  private static func features(of images: [[UInt8]], _ backbones: [Backbone]) -> [[[Float]]] {
    concurrentMap(count: backbones.count, threads: backbones.count, name: "trial") { place in
      var extractor = FeatureExtractor(backbones[place])
      return images.map { image in
        var row = [Float](repeating: 0, count: backbones[place].featureCount)
        var span = row.mutableSpan
        extractor.features(pixels: image.span, into: &span)
        return row
      }
    }
  }
}
