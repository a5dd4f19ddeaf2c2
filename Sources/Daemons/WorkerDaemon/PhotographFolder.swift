import ClusterCore
import DaemonSupport
import Digest
import Manifest
import Threading
import ZeroMQ

/// Looks for photographs in a folder of this machine.
final class PhotographFolder: PhotographSupply {
  private enum Order: Sendable {
    case use(Manifest)
    case look(ContentDigest)
    case stop
  }

  private let orders = Mailbox<Order>()
  private let thread: NamedThread

  init(_ folder: String, letters: Mailbox<WorkerLetter>) {
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

  func use(_ manifest: Manifest) { orders.send(.use(manifest)) }

  func look(for content: ContentDigest) { orders.send(.look(content)) }

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
    let outcome = bytes.map { SupplyOutcome.bytes($0) } ?? .absent(at: nil)
    letters.send(.looked(PhotographFound(content: content, outcome: outcome)))
  }
}
