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

extension Manifest {
  /// Makes a manifest of a folder with a subfolder for each class; photographs may lie in folders
  /// within those. Hidden files are ignored, links are followed.
  ///
  /// Files are read and digested on `threads` threads, of which the caller's is one; `progress` is
  /// called on the caller's thread, at least once at the end. Warnings are sorted by path.
  public static func read(
    folder: String, threads: Int, progress: (ReadingProgress) -> Void = { _ in }
  ) throws(ManifestError) -> (manifest: Manifest, warnings: [FolderWarning]) {
    precondition(threads > 0, "someone has to read the files")
    let walk = try FolderWalk(folder)
    guard let firstClass = walk.classes.first else { throw .noClasses(folder: folder) }
    guard walk.classes.count > 1 else { throw .oneClass(firstClass, folder: folder) }

    let digesting = Digesting(root: walk.root, candidates: walk.candidates)
    let helpers = (1..<threads).map { number in
      NamedThread(name: "tl-digest-\(number)") {
        while digesting.digestNext() {}
      }
    }
    while digesting.digestNext() { progress(digesting.progress) }
    for helper in helpers { helper.join() }
    progress(digesting.progress)

    var warnings = walk.warnings
    var entries: [Entry] = []
    for (candidate, verdict) in zip(walk.candidates, digesting.verdicts) {
      switch verdict {
      case .failure(let refusal):
        // Which photographs are in the dataset must not depend on what the machine lacks just now.
        if case .unreadable(let number) = refusal.reason, SystemErrors.concernMachine(number) {
          throw .unreadableFile(candidate.path, errorNumber: number)
        }
        warnings.append(FolderWarning(path: candidate.path, reason: refusal.reason))
      case .success(let content):
        entries.append(
          Entry(
            path: candidate.path, classIndex: candidate.classIndex, byteCount: content.byteCount,
            digest: content.digest))
      }
    }
    // A folder's files and the folders beside them are listed in the order of their names, in
    // which "a/b" comes before "a.jpg"; as paths it comes after.
    entries.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    let manifest = try Manifest(classes: walk.classes, entries: entries)
    warnings += duplicates(in: entries)
    warnings.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return (manifest, warnings)
  }

  private static func duplicates(in entries: [Entry]) -> [FolderWarning] {
    var seen: [ContentDigest: String] = [:]
    var warnings: [FolderWarning] = []
    for entry in entries {
      if let first = seen[entry.digest] {
        warnings.append(FolderWarning(path: entry.path, reason: .duplicate(of: first)))
      } else {
        seen[entry.digest] = entry.path
      }
    }
    return warnings
  }
}

/// The files that several threads digest, each taking the next one that nobody has.
private final class Digesting: Sendable {
  struct Content {
    var digest: ContentDigest
    var byteCount: UInt64
  }

  struct Refusal: Error {
    var reason: FolderWarning.Reason
  }

  typealias Verdict = Result<Content, Refusal>

  private struct State {
    var verdicts: [Verdict?]
    var filesDone = 0
    var bytesDone: UInt64 = 0
  }

  private let root: String
  private let candidates: [FolderWalk.Candidate]
  private let next = Atomic<Int>(0)
  private let state: Mutex<State>

  init(root: String, candidates: [FolderWalk.Candidate]) {
    self.root = root
    self.candidates = candidates
    state = Mutex(State(verdicts: Array(repeating: nil, count: candidates.count)))
  }

  /// Digests one more file; false if there was none left.
  func digestNext() -> Bool {
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < candidates.count else { return false }
    let verdict = digest("\(root)/\(candidates[index].path)")
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
        filesDone: state.filesDone, filesTotal: candidates.count, bytesDone: state.bytesDone)
    }
  }

  /// One for each candidate, once all are done.
  var verdicts: [Verdict] { state.withLock { $0.verdicts.compactMap(\.self) } }
}
