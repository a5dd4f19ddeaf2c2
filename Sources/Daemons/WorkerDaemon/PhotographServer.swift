import ClusterCore
import Digest
import Manifest
import Synchronization
import Threading
import Transfer

/// Fetches photographs from a web server of the owner's, by their paths in the manifest, over a few
/// connections that stay open.
///
/// What comes is a photograph only with its SHA-256. Neither a redirect nor anything that a coordinator
/// says leads to another server, nor out of the folder: paths of a manifest have no `..`, and nothing in
/// them has a meaning in an address.
final class PhotographServer: PhotographSupply {
  /// Enough to hide the time that a request is on its way in a local network.
  static let connectionCount = 4

  private let shelf: Shelf
  private let orders = WorkQueue<ContentDigest>()
  private let threads: [NamedThread]

  init(_ folder: WebFolder, letters: Mailbox<WorkerLetter>) {
    let shelf = Shelf(folder)
    let orders = orders
    self.shelf = shelf
    threads = (0..<PhotographServer.connectionCount).map { number in
      NamedThread(name: "photographs-\(number)") {
        let client = TransferClient()
        while let content = orders.take() {
          let outcome = shelf.fetch(content, client)
          letters.send(.looked(PhotographFound(content: content, outcome: outcome)))
        }
      }
    }
  }

  func use(_ manifest: Manifest) { shelf.use(manifest) }

  func look(for content: ContentDigest) { orders.add(content) }

  func stop() {
    shelf.close()
    orders.close()
    for thread in threads { thread.join(patienceSeconds: 2) }
  }
}

/// What lies in the folder, and how it is fetched: shared by the threads.
private final class Shelf: Sendable {
  private struct Contents {
    var manifest: Manifest?
    /// Of the manifest, once somebody looks for something: nil until then.
    var entries: [ContentDigest: Manifest.Entry]?
  }

  private let folder: WebFolder
  private let contents = Mutex(Contents())
  private let isClosed = Atomic<Bool>(false)

  init(_ folder: WebFolder) { self.folder = folder }

  func use(_ manifest: Manifest) { contents.withLock { $0 = Contents(manifest: manifest) } }

  /// What is under way ends within a second.
  func close() { isClosed.store(true, ordering: .relaxed) }

  private func entry(_ content: ContentDigest) -> Manifest.Entry? {
    contents.withLock { contents in
      let entries =
        contents.entries
        ?? Dictionary(
          (contents.manifest?.entries ?? []).map { ($0.digest, $0) },
          uniquingKeysWith: { first, _ in first })
      contents.entries = entries
      return entries[content]
    }
  }

  func fetch(_ content: ContentDigest, _ client: borrowing TransferClient) -> SupplyOutcome {
    guard let entry = entry(content) else { return .absent(at: nil) }
    let place = folder.description(of: entry.path)
    let parcel = Parcel(
      byteCount: Int(entry.byteCount),
      isClosed: { [self] in
        isClosed.load(ordering: .relaxed)
      })
    do throws(TransferError) {
      try client.get(
        folder.address(of: entry.path), limits: Shelf.limits(byteCount: entry.byteCount),
        into: parcel)
    } catch {
      switch error.kind {
      case .status(404), .status(410): return .absent(at: place)
      case .refused: return .failed(reason: "\(place): \(parcel.refusal ?? error.reason)")
      default: return .failed(reason: "\(place): \(error.reason)")
      }
    }
    guard parcel.bytes.count == Int(entry.byteCount) else {
      return .failed(reason: "\(place): \(parcel.otherSize(parcel.bytes.count))")
    }
    guard ContentDigest.sha256(parcel.bytes) == content else {
      return .failed(
        reason: "\(place): it has another SHA-256 than the run's photograph; was it changed?")
    }
    return .bytes(parcel.bytes)
  }

  /// A server that is slower than this isn't worth waiting for: the coordinator has the photograph too.
  private static func limits(byteCount: UInt64) -> TransferLimits {
    var limits = TransferLimits()
    limits.connectSeconds = 5
    limits.stallSeconds = 5
    // 10 seconds and as long as 100 KB a second take, a minute at most.
    limits.secondsMax = Int(min(10 + byteCount / 100_000, 60))
    limits.redirectsMax = 0
    return limits
  }
}

/// Takes the bytes of one photograph, and no more than it has.
private final class Parcel: TransferReceiver {
  private(set) var bytes: [UInt8] = []
  /// Why the transfer was ended.
  private(set) var refusal: String?
  private let byteCount: Int
  private let isClosed: () -> Bool

  init(byteCount: Int, isClosed: @escaping () -> Bool) {
    self.byteCount = byteCount
    self.isClosed = isClosed
  }

  var isWanted: Bool { !isClosed() }

  func otherSize(_ count: Int) -> String {
    "it has \(count) bytes and the run's photograph \(byteCount)"
  }

  func begin(_ head: AnswerHead) -> Bool {
    guard head.status == 200 else {
      refusal = "the server answers \(head.status)"
      return false
    }
    if let count = head.contentLength, count != byteCount {
      refusal = otherSize(count)
      return false
    }
    bytes.reserveCapacity(byteCount)
    return true
  }

  func receive(_ bytes: RawSpan) -> Bool {
    guard self.bytes.count + bytes.byteCount <= byteCount else {
      refusal = "it has more than the \(byteCount) bytes of the run's photograph"
      return false
    }
    // The span is libcurl's buffer, copied here.
    unsafe bytes.withUnsafeBytes { unsafe self.bytes += $0 }
    return true
  }
}
