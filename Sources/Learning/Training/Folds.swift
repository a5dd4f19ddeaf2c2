import Digest

/// Samples dealt into folds, so that heads that are trained on the others can judge those of one fold:
/// stratified cross-validation.
///
/// Each class has as many contents in every fold as in every other, but for one. Copies of a content
/// stay together: a sample must not be judged by a head that knows its copy.
public struct Folds: Equatable, Sendable {
  public let count: Int
  /// Of each sample, from 0; nil where its class has no other content, so that no head that lacks it
  /// knows the class.
  public let places: [Int?]

  /// - Parameters:
  ///   - labels: the class of each sample, from 0.
  ///   - contents: a number for each sample, the same for copies; copies have one label.
  ///   - count: how many folds, at least 2.
  ///   - seed: decides who comes into which.
  public init(labels: [Int], contents: [Int], count: Int, seed: UInt64) {
    precondition(labels.count == contents.count && count >= 2)
    self.count = count
    var ofClass: [Int: [Int]] = [:]
    var known: Set<Int> = []
    for (label, content) in zip(labels, contents) where known.insert(content).inserted {
      ofClass[label, default: []].append(content)
    }
    var foldOfContent: [Int: Int] = [:]
    var numbers = SplitMix64(seed: seed, purpose: "folds")
    // Each class goes on where the one before it ended, or the first folds would get all remainders.
    var next = 0
    for label in ofClass.keys.sorted() {
      guard var own = ofClass[label], own.count > 1 else { continue }
      numbers.shuffle(&own)
      for content in own {
        foldOfContent[content] = next % count
        next += 1
      }
    }
    places = contents.map { foldOfContent[$0] }
  }
}
