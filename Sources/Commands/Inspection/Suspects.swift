import ClusterCore
import Manifest
import MobileNet
import RunFiles
import Training

/// Photographs of a run whose label the others doubt, photographs that look almost alike, and such as
/// are like none of their classes.
public struct Suspects: Sendable {
  /// A photograph as the others see it.
  public struct Photograph: Sendable {
    /// Its place in the run's list.
    public let sample: UInt32
    public let path: String
    /// The class that it was given.
    public let label: Int
    /// The class that a regression on the others sees in it.
    public let seen: Int
    /// The probabilities that it gives to both classes, from 0 to 1.
    public let labelProbability: Float
    public let seenProbability: Float
    /// The photograph of the class that is seen which looks almost like it, if there is one.
    public internal(set) var twin: String?

    public var isDoubted: Bool { seen != label }
  }

  /// Two photographs of one class that look almost alike.
  public struct Pair: Sendable {
    public let samples: (UInt32, UInt32)
    public let paths: (String, String)
    public let label: Int
    public let cosine: Float
  }

  /// A photograph that is unlike all classes.
  public struct Outlier: Sendable {
    public let sample: UInt32
    public let path: String
    public let label: Int
    /// The cosine to the nearest class's mean, from −1 to 1.
    public let likeness: Double
  }

  public let classes: [String]
  /// All that could be judged, the most doubtful first: by the probability of their own label.
  public let photographs: [Photograph]
  /// The most alike first.
  public let pairs: [Pair]
  /// The most unlike first.
  public let outliers: [Outlier]
  /// Photographs that couldn't be looked at, and why.
  public let missing: [(path: String, reason: String)]
  private let run: RunPhotographs

  public var configuration: RunConfiguration { run.configuration }

  /// What keeps this busy.
  public enum Work: Sendable {
    /// Features that are kept nowhere.
    case features
    /// What the others make of each photograph.
    case judging
  }

  /// - Parameters:
  ///   - features: where features are taken from.
  ///   - source: where the photographs are now.
  ///   - progress: told on the caller's thread how far it has come.
  /// - Throws: as `ValidationAnswers` does, and where no photograph can be looked at.
  public init(
    _ run: RunDirectory, features: FeatureSource, source: Dataset.Source, threads: Int,
    progress: (Work, _ done: Int, _ total: Int) -> Void = { _, _, _ in }
  ) throws(InspectionError) {
    let photographs = try RunPhotographs(run, source: source, threads: threads)
    let entries = photographs.manifest.entries
    let rows = try SampleFeatures(
      of: entries.indices.map { SampleIndex($0) }, from: features, photographs
    ) { progress(.features, $0, $1) }.rows
    var missing: [(path: String, reason: String)] = []
    for (entry, row) in zip(entries, rows) {
      if case .failure(let failure) = row { missing.append((entry.path, failure.reason)) }
    }
    guard missing.count < entries.count else {
      throw InspectionError(
        .data,
        "none of the run's photographs can be looked at: \(missing[0].path): \(missing[0].reason); "
          + "'--data DIR' says where they are now")
    }
    let values = rows.map { try? $0.get() }
    let judged = LeftOut(photographs, values) { progress(.judging, $0, $1) }
    self.run = photographs
    self.missing = missing
    classes = photographs.manifest.classes
    self.photographs = Self.ranked(entries, judged.probabilities, values)
    pairs = Self.pairs(entries, values)
    outliers = Self.outliers(entries, values, try photographs.backbone(), threads: threads)
  }

  /// The photograph as a file; nil where it has gone or changed since.
  public func file(_ sample: UInt32) -> [UInt8]? { run.file(sample) }

  private static func ranked(
    _ entries: [Manifest.Entry], _ probabilities: [[Float]?], _ features: [[Float]?]
  ) -> [Photograph] {
    var found = zip(entries.indices, probabilities).compactMap { place, row in
      row.map { row in
        let (entry, seen) = (entries[place], row.indices.max { row[$0] < row[$1] } ?? 0)
        return Photograph(
          sample: SampleIndex(place), path: entry.path, label: entry.classIndex, seen: seen,
          labelProbability: row[entry.classIndex], seenProbability: row[seen])
      }
    }
    // The place decides between equals.
    found.sort { ($0.labelProbability, $0.sample) < ($1.labelProbability, $1.sample) }
    let twins = Self.twins(of: found.filter(\.isDoubted), entries, features)
    for place in found.indices { found[place].twin = twins[found[place].sample] }
    return found
  }

  /// Shots of one burst with different labels: of doubted photographs those that look almost like them
  /// in the class that is seen.
  private static func twins(
    of doubted: [Photograph], _ entries: [Manifest.Entry], _ features: [[Float]?]
  ) -> [SampleIndex: String] {
    let wanted = Set(doubted.map(\.seen))
    let others = samples(entries, features).filter { wanted.contains($0.label) }
    let measured = doubted.compactMap { photograph in
      features[Int(photograph.sample)].map {
        LookAlikes.Sample(index: photograph.sample, features: $0, label: photograph.seen)
      }
    }
    let pairs = LookAlikes(trained: others, measured: measured).pairs
    return Dictionary(
      pairs.map { ($0.measured, entries[Int($0.trained)].path) }, uniquingKeysWith: { a, _ in a })
  }

  private static func samples(
    _ entries: [Manifest.Entry], _ features: [[Float]?]
  ) -> [LookAlikes.Sample] {
    zip(entries.indices, features).compactMap { place, row in
      row.map {
        LookAlikes.Sample(
          index: SampleIndex(place), features: $0, label: entries[place].classIndex)
      }
    }
  }

  private static func pairs(_ entries: [Manifest.Entry], _ features: [[Float]?]) -> [Pair] {
    LookAlikes(among: samples(entries, features)).pairs.map { pair in
      let (first, second) = (entries[Int(pair.measured)], entries[Int(pair.trained)])
      return Pair(
        samples: (pair.measured, pair.trained), paths: (first.path, second.path),
        label: first.classIndex, cosine: pair.cosine)
    }.sorted { ($0.cosine, $1.samples.0) > ($1.cosine, $0.samples.0) }
  }

  private static func outliers(
    _ entries: [Manifest.Entry], _ features: [[Float]?], _ backbone: Backbone, threads: Int
  ) -> [Outlier] {
    let samples = samples(entries, features)
    let likeness = ClassLikeness(
      of: samples.map { backbone.ownFeatures($0.features) },
      labels: samples.map(\.label), classCount: (entries.map(\.classIndex).max() ?? 0) + 1,
      threads: threads)
    return zip(samples, likeness.leftOut).map { sample, value in
      Outlier(
        sample: sample.index, path: entries[Int(sample.index)].path, label: sample.label,
        likeness: value)
    }.sorted { ($0.likeness, $0.sample) < ($1.likeness, $1.sample) }
  }
}
