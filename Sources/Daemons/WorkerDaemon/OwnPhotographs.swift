import ClusterCore
import DaemonSupport
import Digest
import Manifest
import Threading
import ZeroMQ

/// Looks for photographs on this machine before the coordinator is asked for them, on a thread of its
/// own: a drive that doesn't answer holds up nothing else.
final class OwnPhotographs: Sendable {
  /// What came of looking for a photograph.
  struct Found: Sendable {
    let content: ContentDigest
    /// Nil where the folder hasn't got it.
    let bytes: [UInt8]?
  }

  private enum Order: Sendable {
    case use(Manifest)
    case look(ContentDigest)
    case stop
  }

  private let orders = Mailbox<Order>()
  private let thread: NamedThread

  init(folder: String, letters: Mailbox<WorkerLetter>) {
    let orders = orders
    thread = NamedThread(name: "photographs") {
      var search = Search(folder: folder, letters: letters)
      var poller = Poller()
      _ = poller.add(fileDescriptor: orders.fileDescriptor)
      while (try? poller.wait(timeoutMilliseconds: nil)) != nil {
        for order in orders.receiveAll() {
          switch order {
          case .use(let manifest): search.use(manifest)
          case .look(let content): search.look(for: content)
          case .stop: return
          }
        }
      }
    }
  }

  /// What is looked for from now on is in this manifest.
  func use(_ manifest: Manifest) { orders.send(.use(manifest)) }

  /// Ends in one letter, unless the drive never answers.
  func look(for content: ContentDigest) { orders.send(.look(content)) }

  /// Ends the thread, unless a drive holds it.
  func stop() {
    orders.send(.stop)
    thread.join(patienceSeconds: 1)
  }
}

/// What the thread owns.
private struct Search {
  private var copies: PhotographCopies
  private var entries: [ContentDigest: Manifest.Entry] = [:]
  private let letters: Mailbox<WorkerLetter>

  init(folder: String, letters: Mailbox<WorkerLetter>) {
    copies = PhotographCopies(in: folder)
    self.letters = letters
  }

  mutating func use(_ manifest: Manifest) {
    // The folder may have changed since the last run.
    copies = PhotographCopies(in: copies.folder)
    entries = Dictionary(
      manifest.entries.map { ($0.digest, $0) }, uniquingKeysWith: { first, _ in first })
  }

  mutating func look(for content: ContentDigest) {
    let bytes = entries[content].flatMap { copies.bytes(of: $0) }
    letters.send(.looked(OwnPhotographs.Found(content: content, bytes: bytes)))
  }
}
