import Digest
import Images
import Threading

/// How far the reading of a folder has come.
public struct ReadingProgress: Equatable, Sendable {
  public enum Stage: Equatable, Sendable {
    /// Files are read and digested.
    case reading
    /// Photographs are decoded, to see whether they can be.
    case decoding
  }

  public let stage: Stage
  public let filesDone: Int
  public let filesTotal: Int
}

/// What digesting a file came to.
enum Digesting {
  struct Content {
    var digest: ContentDigest
    var byteCount: UInt64
  }

  struct Refusal: Error {
    var reason: Finding.Reason
  }

  typealias Verdict = Result<Content, Refusal>

  /// Digests the files on `threads` threads; one verdict for each path, in their order.
  static func verdicts(
    of paths: [String], threads: Int, progress: (ReadingProgress) -> Void
  ) -> [Verdict] {
    concurrentMap(
      count: paths.count, threads: threads, name: "tl-digest",
      progress: { done in
        progress(ReadingProgress(stage: .reading, filesDone: done, filesTotal: paths.count))
      },
      compute: { index in digest(paths[index]) })
  }

  private static func digest(_ path: String) -> Verdict {
    do throws(DigestError) {
      let file = try ContentDigest.sha256(
        fileAt: path, keepingFirst: ImageFormat.signatureLengthMax)
      // It may have changed since the folder was listed.
      if file.byteCount == 0 { return .failure(Refusal(reason: .empty)) }
      if file.byteCount > ManifestLimits.fileBytesMax {
        return .failure(Refusal(reason: .tooLarge))
      }
      guard ImageFormat(firstBytes: file.firstBytes) != nil else {
        return .failure(
          Refusal(reason: .notAPicture(ForeignFormat(firstBytes: file.firstBytes))))
      }
      return .success(Content(digest: file.digest, byteCount: file.byteCount))
    } catch {
      return .failure(Refusal(reason: .unreadable(errorNumber: error.errorNumber)))
    }
  }
}
