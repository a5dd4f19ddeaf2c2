import ClusterCore
import Images
import Manifest
import MobileNet
import Synchronization
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
  public init(
    _ items: [SampleVariant], of manifest: Manifest, in folders: DatasetFolders, backbone: Backbone,
    batchSize: Int, threads: Int, progress: (Int) -> Void
  ) throws(InspectionError) {
    let computation = Computation(items, manifest, folders, backbone)
    let helpers = (1..<max(1, min(threads, items.count))).map { number in
      NamedThread(name: "features-\(number)", stackBytes: Computation.stackBytes) {
        computation.run {}
      }
    }
    computation.run { progress(computation.doneCount) }
    for helper in helpers { helper.join() }
    progress(computation.doneCount)
    (rows, undecodable) = try computation.result()
    for (item, row) in rows {
      guard FeatureBound.firstViolation(in: row.span, batchSize: batchSize) != nil else { continue }
      throw InspectionError(
        .data,
        "\(manifest.entries[Int(item.sample)].path) has features that are no numbers or too large "
          + "to train on; use another backbone")
    }
  }

  /// What the threads share: each takes the next item that nobody has.
  private final class Computation: Sendable {
    /// The decoders want some.
    static let stackBytes = 4 << 20

    private struct State {
      var rows: [SampleVariant: [Float]] = [:]
      var undecodable: Set<SampleIndex> = []
      var doneCount = 0
      var failure: InspectionError?
    }

    private let items: [SampleVariant]
    private let manifest: Manifest
    private let folders: DatasetFolders
    private let backbone: Backbone
    private let next = Atomic<Int>(0)
    private let state = Mutex(State())

    init(
      _ items: [SampleVariant], _ manifest: Manifest, _ folders: DatasetFolders,
      _ backbone: Backbone
    ) {
      self.items = items
      self.manifest = manifest
      self.folders = folders
      self.backbone = backbone
    }

    var doneCount: Int { state.withLock { $0.doneCount } }

    func result() throws(InspectionError) -> ([SampleVariant: [Float]], Set<SampleIndex>) {
      let state = state.withLock { $0 }
      if let failure = state.failure { throw failure }
      return (state.rows, state.undecodable)
    }

    /// Computes until nothing is left or one of the threads has failed.
    func run(afterEach: () -> Void) {
      do throws(InspectionError) {
        try compute(afterEach)
      } catch {
        state.withLock { if $0.failure == nil { $0.failure = error } }
      }
    }

    private func compute(_ afterEach: () -> Void) throws(InspectionError) {
      var preprocessor: Preprocessor
      do {
        preprocessor = try Preprocessor(
          inputHeight: backbone.inputSize.height, inputWidth: backbone.inputSize.width)
      } catch {
        throw InspectionError(.data, error.description)
      }
      var extractor = FeatureExtractor(backbone)
      while let item = take() {
        let entry = manifest.entries[Int(item.sample)]
        let row = try Self.features(item, entry, folders, backbone, &preprocessor, &extractor)
        state.withLock { state in
          if let row { state.rows[item] = row } else { state.undecodable.insert(item.sample) }
          state.doneCount += 1
        }
        afterEach()
      }
    }

    private func take() -> SampleVariant? {
      let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
      guard index < items.count, state.withLock({ $0.failure == nil }) else { return nil }
      return items[index]
    }

    private static func features(
      _ item: SampleVariant, _ entry: Manifest.Entry, _ folders: DatasetFolders,
      _ backbone: Backbone,
      _ preprocessor: inout Preprocessor, _ extractor: inout FeatureExtractor
    ) throws(InspectionError) -> [Float]? {
      let file: [UInt8]
      do {
        file = try entry.read(in: folders)
      } catch {
        throw InspectionError(.data, error.description)
      }
      let pixels: [UInt8]
      do {
        pixels = try preprocessor.preprocess(file, digest: entry.digest, variant: item.variant)
      } catch {
        if error.isUndecodable { return nil }
        throw InspectionError(.inputOutput, error.description)
      }
      var row = [Float](repeating: 0, count: backbone.featureCount)
      var span = row.mutableSpan
      extractor.features(pixels: pixels.span, into: &span)
      return row
    }
  }
}
