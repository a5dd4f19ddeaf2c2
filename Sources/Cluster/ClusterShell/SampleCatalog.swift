import ClusterCore
import Digest

/// What computing takes of a manifest: the content and the class of each sample.
public struct SampleCatalog: Sendable {
  /// The manifest's own, which names it.
  public let digest: ContentDigest
  /// Of the photographs' files, by sample.
  public let contents: [ContentDigest]
  /// The samples' classes.
  public let labels: [Int]

  public init(digest: ContentDigest, contents: [ContentDigest], labels: [Int]) {
    precondition(contents.count == labels.count, "each sample has a content and a class")
    self.digest = digest
    self.contents = contents
    self.labels = labels
  }
}
