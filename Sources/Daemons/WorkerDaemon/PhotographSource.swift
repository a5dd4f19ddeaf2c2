import ClusterCore
import ClusterShell
import Digest
import Manifest
import Threading

/// Where a worker's photographs come from: a place that its owner named, if the photograph is there, or
/// else the coordinator. It carries out the steps of ``SupplyBook``.
struct PhotographSource {
  private let objects: ObjectClient
  /// Nil where no place was named.
  private let supply: (any PhotographSupply)?
  private var book: SupplyBook

  init(_ objects: ObjectClient, place: PhotographPlace?, letters: Mailbox<WorkerLetter>) {
    self.objects = objects
    switch place {
    case .folder(let path):
      supply = PhotographFolder(path, letters: letters)
      book = SupplyBook(.folder)
    case .server(let folder):
      supply = PhotographServer(folder, letters: letters)
      book = SupplyBook(.server)
    case nil:
      supply = nil
      book = SupplyBook(.folder)
    }
  }

  /// What is fetched from now on is in this manifest.
  mutating func use(_ manifest: Manifest) {
    book.beginRun()
    supply?.use(manifest)
  }

  /// Ends in a letter: `.looked`, or `.fetched` of the object client.
  mutating func fetch(_ content: ContentDigest, at now: Instant) {
    guard supply != nil else { return objects.fetch(content) }
    _ = carryOut(book.want(content, at: now))
  }

  /// - Returns: the photograph, if it was there; otherwise the coordinator is asked.
  mutating func take(_ found: PhotographFound, at now: Instant) -> PhotographReply? {
    carryOut(book.take(found.outcome, of: found.content, at: now))
  }

  /// Looks at the time, and gives what there is to tell.
  mutating func tick(at now: Instant) -> [PhotographNews] {
    _ = carryOut(book.tick(at: now))
    return book.takeNews()
  }

  mutating func stop() { supply?.stop() }

  private func carryOut(_ steps: [SupplyBook.Step]) -> PhotographReply? {
    var reply: PhotographReply?
    for step in steps {
      switch step {
      case .look(let content): supply?.look(for: content)
      case .askCoordinator(let content): objects.fetch(content)
      case .deliver(_, let bytes): reply = .bytes(bytes)
      }
    }
    return reply
  }
}
