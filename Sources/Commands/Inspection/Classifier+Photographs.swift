import Digest
import Threading
import Training

/// Answers to photographs whose content is known, without a forward pass for those whose features are kept.
extension Classifier {
  /// A file whose content was read before.
  public struct Photograph: Sendable {
    public let path: String
    public let digest: ContentDigest

    public init(path: String, digest: ContentDigest) {
      (self.path, self.digest) = (path, digest)
    }
  }

  /// So many rows of features are in memory at a time: 22 MB of those of six depths.
  private static let keptMax = 1_024

  /// What it makes of each photograph, in the order given: the same as of its file, bit for bit.
  ///
  /// Of mirror images no features are kept, so that with them all is computed.
  ///
  /// - Parameters:
  ///   - store: the folder where runs keep features; nil computes all.
  ///   - progress: told on the caller's thread how many are done.
  public func answers(
    to photographs: [Photograph], store: String?, threads: Int,
    progress: (_ done: Int) -> Void = { _ in }
  ) throws(InspectionError) -> [Result<Answer, Failure>] {
    var answers = [Result<Answer, Failure>?](repeating: nil, count: photographs.count)
    if !averagesMirrorImage,
      let kept = KeptFeatures(in: store, of: configuration, backboneDigest, head.shape)
    {
      defer { kept.close() }
      var (start, doneCount) = (0, 0)
      while start < photographs.count {
        let places = start..<min(start + Self.keptMax, photographs.count)
        let rows = kept.rows(photographs[places].map(\.digest))
        for (place, answer) in zip(places, answered(rows, threads: threads)) {
          answers[place] = answer.map { .success($0) }
          if answer != nil { doneCount += 1 }
        }
        progress(doneCount)
        start = places.upperBound
      }
    }
    let missing = photographs.indices.filter { answers[$0] == nil }
    guard !missing.isEmpty else { return answers.compactMap(\.self) }
    let knownCount = photographs.count - missing.count
    let computed = try self.answers(
      to: missing.map { .file(photographs[$0].path) }, threads: threads
    ) { progress(knownCount + $0) }
    for (place, answer) in zip(missing, computed) { answers[place] = answer }
    return answers.compactMap(\.self)
  }

  /// Nil where there are no features, or none that the head can take.
  private func answered(_ rows: [[Float]?], threads: Int) -> [Answer?] {
    let shape = head.shape
    return concurrentMap(
      count: rows.count, threads: threads, name: "answers",
      buffers: { ShareEngine(shape: shape) },
      compute: { index, engine in rows[index].flatMap { try? answer(to: $0, &engine) } })
  }
}
