import Access
import Digest
import Threading
import ZeroMQ

/// Fetches objects as a worker does and lets go of them again: for benchmarks.
package enum ObjectFetching {
  /// What a fetch ended with instead of bytes.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// Fetches each object once, and checks it.
  ///
  /// - Parameter ahead: how many are asked for before the first of them is here; a worker has as many
  ///   leases as that.
  /// - Returns: the number of bytes.
  package static func fetch(
    _ digests: [ContentDigest], through door: CoordinatorDoor, ahead: Int
  ) throws -> Int {
    let letters = Mailbox<WorkerLetter>()
    let context = try Context()
    let client = ObjectClient(door, context: context, letters: letters)
    defer { client.stop() }
    client.connect()
    for digest in digests.prefix(ahead) { client.fetch(digest) }
    var (asked, received, byteCount) = (min(ahead, digests.count), 0, 0)
    var poller = Poller()
    _ = poller.add(fileDescriptor: letters.fileDescriptor)
    while received < digests.count {
      try poller.wait(timeoutMilliseconds: nil)
      for case .fetched(let fetched) in letters.receiveAll() {
        guard case .bytes(let bytes) = fetched.outcome else {
          throw Failure(description: "\(fetched.digest): \(fetched.outcome)")
        }
        received += 1
        byteCount += bytes.count
        guard asked < digests.count else { continue }
        client.fetch(digests[asked])
        asked += 1
      }
    }
    return byteCount
  }
}
