import Digest
import Images
import Synchronization
import Threading

/// How far the reading of a folder has come.
public struct ReadingProgress: Equatable, Sendable {
  public let filesDone: Int
  public let filesTotal: Int
  public let bytesDone: UInt64
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
    let bytesDone = SharedCount()
    return concurrentMap(
      count: paths.count, threads: threads, name: "tl-digest",
      progress: { done in
        progress(
          ReadingProgress(
            filesDone: done, filesTotal: paths.count, bytesDone: bytesDone.value))
      },
      compute: { index in
        let verdict = digest(paths[index])
        if case .success(let content) = verdict { bytesDone.add(content.byteCount) }
        return verdict
      })
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
        return .failure(Refusal(reason: .notAPicture))
      }
      return .success(Content(digest: file.digest, byteCount: file.byteCount))
    } catch {
      return .failure(Refusal(reason: .unreadable(errorNumber: error.errorNumber)))
    }
  }
}

private final class SharedCount: Sendable {
  private let atomic = Atomic<UInt64>(0)

  var value: UInt64 { atomic.load(ordering: .relaxed) }

  func add(_ count: UInt64) { atomic.wrappingAdd(count, ordering: .relaxed) }
}
