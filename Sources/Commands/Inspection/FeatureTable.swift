import ClusterCore
import Extraction
import Images
import Manifest
import MobileNet
import Threading
import Training

/// The features of samples, computed here from the photographs.
public struct FeatureTable: Sendable {
  private let rows: [SampleVariant: [Float]]
  /// Samples that can't be decoded.
  public let undecodable: Set<SampleIndex>

  /// Nil where the sample is undecodable. Traps for one that wasn't asked for.
  public func features(of item: SampleVariant) -> [Float]? {
    if undecodable.contains(item.sample) { return nil }
    guard let row = rows[item] else { preconditionFailure("\(item) was not computed") }
    return row
  }

  /// Computes the features of the items, each on one of `threads` threads, of which the caller's is
  /// one; `progress` is called there with the number of items done.
  ///
  /// Throws where a photograph can't be read or isn't the one of the manifest, and where a feature
  /// is too large for a batch of this size.
  ///
  /// - Parameter fit: how the run turns pictures into input.
  public init(
    _ items: [SampleVariant], of manifest: Manifest, in folders: DatasetFolders, backbone: Backbone,
    fit: Fit, batchSize: Int, threads: Int, progress: (Int) -> Void
  ) throws(InspectionError) {
    let computed = try concurrentMap(
      count: items.count, threads: threads, name: "features", stackBytes: Self.stackBytes,
      progress: progress,
      buffers: { () throws(InspectionError) in
        do throws(ImageError) {
          return try FeaturePipeline(backbone, fit: fit)
        } catch {
          throw InspectionError(.inputOutput, error.description)
        }
      },
      compute: { (index, pipeline: inout FeaturePipeline) throws(InspectionError) in
        let item = items[index]
        let entry = manifest.entries[Int(item.sample)]
        return try Self.features(of: entry, in: folders, variant: item.variant, &pipeline)
      })
    var rows: [SampleVariant: [Float]] = [:]
    var undecodable: Set<SampleIndex> = []
    for (item, row) in zip(items, computed) {
      if let row { rows[item] = row } else { undecodable.insert(item.sample) }
    }
    (self.rows, self.undecodable) = (rows, undecodable)
    for (item, row) in rows {
      guard FeatureBound.firstViolation(in: row.span, batchSize: batchSize) != nil else { continue }
      throw InspectionError(
        .data,
        "\(manifest.entries[Int(item.sample)].path) has features that are no numbers or too large "
          + "to train on; use another backbone")
    }
  }

  /// The decoders want some.
  private static let stackBytes = 4 << 20

  /// Nil where the photograph can't be decoded.
  private static func features(
    of entry: Manifest.Entry, in folders: DatasetFolders, variant: UInt16,
    _ pipeline: inout FeaturePipeline
  ) throws(InspectionError) -> [Float]? {
    let file: [UInt8]
    do {
      file = try entry.read(in: folders)
    } catch {
      throw InspectionError(.data, error.description)
    }
    do {
      return try pipeline.features(of: file, digest: entry.digest, variant: variant)
    } catch {
      if error.isUndecodable { return nil }
      throw InspectionError(.inputOutput, error.description)
    }
  }
}
