import ClusterCore
import ClusterShell
import DaemonSupport
import Digest
import Manifest
import Threading

/// What people may want to know of the folder in which a worker looks for photographs.
public enum PhotographFolderNews: Equatable, Sendable {
  /// None of the first photographs of a run that were looked for is there.
  case holdsNothing(folder: String)
  /// The drive doesn't answer; the coordinator is asked from now on.
  case isStuck(folder: String)
}

/// Where a worker's photographs come from: a folder of its own, if it was given one and the photograph
/// is there, or else the coordinator.
struct PhotographSource {
  private let objects: ObjectClient
  private let folder: String
  /// Nil where there is no folder, or no answer from it.
  private var own: OwnPhotographs?
  /// What is being looked for, and since when.
  private var sought: [ContentDigest: Instant] = [:]
  private var soughtCount = 0
  private var foundCount = 0
  private var news: [PhotographFolderNews] = []

  /// As long as a coordinator waits before it tells of a drive.
  private static let patienceNanoseconds: UInt64 = 10_000_000_000
  /// Photographs to look for in vain before that is told.
  private static let vainMax = 32

  init(_ objects: ObjectClient, folder: String?, letters: Mailbox<WorkerLetter>) {
    self.objects = objects
    self.folder = folder ?? ""
    own = folder.map { OwnPhotographs(folder: $0, letters: letters) }
  }

  /// What is fetched from now on is in this manifest.
  mutating func use(_ manifest: Manifest) {
    (soughtCount, foundCount) = (0, 0)
    own?.use(manifest)
  }

  /// Ends in a letter: `.looked`, or `.fetched` of the object client.
  mutating func fetch(_ content: ContentDigest, at now: Instant) {
    guard let own else { return objects.fetch(content) }
    guard sought.updateValue(now, forKey: content) == nil else { return }
    own.look(for: content)
  }

  /// - Returns: the photograph, if it was there; otherwise the coordinator is asked.
  mutating func take(_ found: OwnPhotographs.Found) -> PhotographReply? {
    guard sought.removeValue(forKey: found.content) != nil else { return nil }
    soughtCount += 1
    guard let bytes = found.bytes else {
      objects.fetch(found.content)
      if foundCount == 0, soughtCount == PhotographSource.vainMax {
        news.append(.holdsNothing(folder: folder))
      }
      return nil
    }
    foundCount += 1
    return .bytes(bytes)
  }

  /// What there is to tell. A drive that hasn't answered for a while isn't asked again.
  mutating func takeNews(at now: Instant) -> [PhotographFolderNews] {
    if let since = sought.values.min(),
      now.nanoseconds(since: since) > PhotographSource.patienceNanoseconds
    {
      for content in sought.keys { objects.fetch(content) }
      sought = [:]
      own = nil
      news.append(.isStuck(folder: folder))
    }
    defer { news = [] }
    return news
  }

  mutating func stop() {
    own?.stop()
    own = nil
  }
}
