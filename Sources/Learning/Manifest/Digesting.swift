import Digest
import Images
import Synchronization

/// How far the reading of a folder has come.
public struct ReadingProgress: Equatable, Sendable {
  public let filesDone: Int
  public let filesTotal: Int
  public let bytesDone: UInt64
}

/// The files that several threads digest, each taking the next one that nobody has.
final class Digesting: Sendable {
  struct Content {
    var digest: ContentDigest
    var byteCount: UInt64
  }

  struct Refusal: Error {
    var reason: Finding.Reason
  }

  typealias Verdict = Result<Content, Refusal>

  private struct State {
    var verdicts: [Verdict?]
    var filesDone = 0
    var bytesDone: UInt64 = 0
  }

  private let paths: [String]
  private let next = Atomic<Int>(0)
  private let state: Mutex<State>

  init(paths: [String]) {
    self.paths = paths
    state = Mutex(State(verdicts: Array(repeating: nil, count: paths.count)))
  }

  /// Digests one more file; false if there was none left.
  func digestNext() -> Bool {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < paths.count else { return false }
    let verdict = digest(paths[index])
    state.withLock { state in
      state.verdicts[index] = verdict
      state.filesDone += 1
      if case .success(let content) = verdict { state.bytesDone += content.byteCount }
    }
    return true
  }

  private func digest(_ path: String) -> Verdict {
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

  var progress: ReadingProgress {
    state.withLock { state in
      ReadingProgress(
        filesDone: state.filesDone, filesTotal: paths.count, bytesDone: state.bytesDone)
    }
  }

  /// One for each path, once all are done.
  var verdicts: [Verdict] { state.withLock { $0.verdicts.compactMap(\.self) } }
}
