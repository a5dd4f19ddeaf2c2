import Kernels

/// Samples that are measured on and look almost like one that is trained on: shots of one burst, the
/// same photograph in another size or with other colours. Told by their features.
///
/// Features are compared, within each class, by the cosine of their differences from the class's
/// mean. Without the mean all features of photographs are alike, and with one mean for all so are
/// those of a class that differs much from the others.
public struct LookAlikes: Sendable {
  public struct Sample: Sendable {
    /// What the caller knows it by.
    public var index: UInt32
    /// Float32 [featureCount].
    public var features: [Float]
    public var label: Int

    public init(index: UInt32, features: [Float], label: Int) {
      self.index = index
      self.features = features
      self.label = label
    }
  }

  public struct Pair: Equatable, Sendable {
    public let measured: UInt32
    /// The most similar one of those that are trained on.
    public let trained: UInt32
    public let cosine: Float
  }

  /// Of 736 photographs of flowers, features of MobileNetV2 1.0, two pairs reach it, and both look it.
  /// Of copies, all reach it whose brightness is changed by a fifth or of which a twentieth was cut
  /// away, 85 % of those saved as JPEG of quality 50, 68 % of those of half the size, and few of those
  /// of a quarter.
  public static let cosineMin: Float = 0.75

  /// A pair must also stand out from the other pairs of its class by so many standard deviations of
  /// their cosines: features of few independent dimensions are alike by chance. The deviation is told
  /// by the median, which pairs that are alike don't move.
  public static let deviationsMin: Float = 4.5

  /// What is as good as equal stands out however the others are spread.
  private static let cosineOfEquals: Float = 0.995

  /// Multiplications that are worth it: about two seconds of one thread. Of larger datasets not all
  /// measured samples are looked at.
  private static let multiplicationsMax = 1 << 35

  /// In the order of the measured samples' indices.
  public private(set) var pairs: [Pair] = []
  /// How many of the measured samples were compared.
  public private(set) var lookedAtCount = 0

  /// - Parameter measured: samples that validate or test; none of them is compared with itself.
  public init(trained: [Sample], measured: [Sample], kernels: HeadKernels = .best) {
    let classCount = (trained + measured).map { $0.label + 1 }.max() ?? 0
    var own = [[Sample]](repeating: [], count: classCount)
    var others = own
    for sample in trained { own[sample.label].append(sample) }
    for sample in measured { others[sample.label].append(sample) }
    let work = zip(own, others).reduce(0) {
      $0 + $1.0.count * $1.1.count * (trained.first?.features.count ?? 0)
    }
    let step = max(1, (work + Self.multiplicationsMax - 1) / Self.multiplicationsMax)
    for (own, others) in zip(own, others) {
      let others = stride(from: 0, to: others.count, by: step).map { others[$0] }
      lookedAtCount += others.count
      guard !own.isEmpty, !others.isEmpty else { continue }
      pairs += ClassOfSamples(trained: own, measured: others, kernels).pairs
    }
    pairs.sort { $0.measured < $1.measured }
  }

  /// Compares samples with each other. Each pair is told once.
  public init(among samples: [Sample], kernels: HeadKernels = .best) {
    let byClass = Dictionary(grouping: samples, by: \.label)
    let work = byClass.values.reduce(0) {
      $0 + $1.count * $1.count * (samples.first?.features.count ?? 0)
    }
    let step = max(1, (work + Self.multiplicationsMax - 1) / Self.multiplicationsMax)
    for label in byClass.keys.sorted() {
      guard let own = byClass[label], own.count > 1 else { continue }
      let others = stride(from: 0, to: own.count, by: step).map { own[$0] }
      lookedAtCount += others.count
      pairs += ClassOfSamples(trained: own, measured: others, kernels).pairs
    }
    let told = Dictionary(uniqueKeysWithValues: pairs.map { ($0.measured, $0.trained) })
    // Two that are each other's nearest come twice.
    pairs.removeAll { told[$0.trained] == $0.measured && $0.trained < $0.measured }
    pairs.sort { $0.measured < $1.measured }
  }

  /// How far the cosines of a class lie from 0, around which those of differences from a mean are.
  private struct Spread {
    private static let binCount = 1_024
    private var bins = [Int](repeating: 0, count: Self.binCount)
    private var count = 0

    mutating func add(_ cosine: Float) {
      bins[min(Self.binCount - 1, Int(abs(cosine) * Float(Self.binCount)))] += 1
      count += 1
    }

    /// The standard deviation of a normal distribution with the same median of magnitudes.
    var deviation: Float {
      var below = 0
      let median = bins.firstIndex { bin in
        below += bin
        return 2 * below >= count
      }
      return (Float(median ?? 0) + 0.5) / Float(Self.binCount) / 0.6745
    }
  }

  /// The comparison of the samples of one class.
  private struct ClassOfSamples {
    private struct Nearest {
      var cosine: Float = -1
      var place = 0
    }

    /// Rows that are compared at once.
    private static let blockSize = 64

    private(set) var pairs: [Pair] = []

    init(trained: [Sample], measured: [Sample], _ kernels: HeadKernels) {
      let featureCount = trained[0].features.count
      let directions = Self.directions((trained + measured).map(\.features), featureCount)
      let known = directions[..<(trained.count * featureCount)]
      var nearest = [Nearest](repeating: Nearest(), count: measured.count)
      var spread = Spread()
      for start in stride(from: 0, to: measured.count, by: Self.blockSize) {
        let count = min(Self.blockSize, measured.count - start)
        let from = (trained.count + start) * featureCount
        // A head whose weights are the directions gives the cosines as its logits.
        let parameters =
          Array(directions[from..<from + count * featureCount])
          + [Float](repeating: 0, count: count)
        var cosines = [Float](repeating: 0, count: Self.blockSize * count)
        for block in stride(from: 0, to: trained.count, by: Self.blockSize) {
          let blockCount = min(Self.blockSize, trained.count - block)
          kernels.forward(
            features: Array(
              known[(block * featureCount)..<((block + blockCount) * featureCount)]),
            parameters: parameters, featureCount: featureCount, classCount: count,
            logits: &cosines)
          for row in 0..<blockCount {
            for column in 0..<count {
              let cosine = cosines[row * count + column]
              // A sample is no look-alike of its own.
              if trained[block + row].index == measured[start + column].index { continue }
              spread.add(cosine)
              if cosine > nearest[start + column].cosine {
                nearest[start + column] = Nearest(cosine: cosine, place: block + row)
              }
            }
          }
        }
      }
      let least = max(cosineMin, min(cosineOfEquals, deviationsMin * spread.deviation))
      for (sample, nearest) in zip(measured, nearest) where nearest.cosine >= least {
        pairs.append(
          Pair(
            measured: sample.index, trained: trained[nearest.place].index, cosine: nearest.cosine))
      }
    }

    /// The rows' differences from their mean, each of length 1, or 0 where it has none.
    private static func directions(_ rows: [[Float]], _ featureCount: Int) -> [Float] {
      var mean = [Float](repeating: 0, count: featureCount)
      for row in rows { for index in 0..<featureCount { mean[index] += row[index] } }
      for index in 0..<featureCount { mean[index] /= Float(rows.count) }
      var directions: [Float] = []
      directions.reserveCapacity(rows.count * featureCount)
      for row in rows {
        var square: Float = 0
        for index in 0..<featureCount {
          let difference = row[index] - mean[index]
          square += difference * difference
        }
        let factor = square > 0 ? 1 / square.squareRoot() : 0
        for index in 0..<featureCount { directions.append((row[index] - mean[index]) * factor) }
      }
      return directions
    }
  }
}
