import ClusterCore
import DaemonSupport
import Digest
import Wire

/// One object on its way: which pieces were asked for and which have come.
package struct ObjectTransfer {
  /// A larger object than any photograph or backbone; it bounds what a coordinator can make a
  /// worker allocate.
  package static let byteCountMax: UInt64 = 1 << 31

  let digest: ContentDigest
  /// When a piece came or was asked for last.
  private(set) var lastProgress: Instant
  /// How often all missing pieces were asked for again.
  private(set) var retries = 0
  private var bytes: [UInt8] = []
  private var byteCountTotal: UInt64?
  private var nextOffset: UInt64 = 0
  /// Offsets of pieces asked for and not here yet.
  private var awaited: Set<UInt64> = []
  /// Offsets of pieces asked for over a connection that has ended.
  private var lost: [UInt64] = []

  package init(_ digest: ContentDigest, now: Instant) {
    self.digest = digest
    lastProgress = now
  }

  /// What came of a piece.
  package enum Progress {
    case incomplete
    case complete([UInt8])
    case failed(reason: String)
  }

  package var inFlight: Int { awaited.count }
  /// Whether something has come that is worth keeping for another connection.
  package var hasBegun: Bool { byteCountTotal != nil }

  /// The connection has ended: what was under way is asked for again over the next one, and what has
  /// come stays.
  package mutating func loseConnection() {
    lost += awaited
    awaited = []
    retries = 0
  }

  /// The piece to ask for next; nil when all were asked for, or when the length isn't known yet.
  package mutating func nextRequest(now: Instant) -> ObjectRequest? {
    if let offset = lost.popLast() {
      awaited.insert(offset)
      lastProgress = now
      return request(offset)
    }
    if let byteCountTotal {
      guard nextOffset < byteCountTotal else { return nil }
    } else if nextOffset > 0 {
      return nil
    }
    let offset = nextOffset
    nextOffset += UInt64(WireLimits.chunkByteCountMax)
    awaited.insert(offset)
    lastProgress = now
    return request(offset)
  }

  /// The pieces that were asked for in vain.
  package mutating func requestsAgain(now: Instant) -> [ObjectRequest] {
    retries += 1
    lastProgress = now
    return awaited.sorted().map(request)
  }

  /// Takes a piece. One that wasn't awaited is an answer to a repeated request, and ignored.
  package mutating func take(
    _ chunk: ObjectReply.Chunk, _ data: [UInt8], now: Instant
  ) -> Progress {
    guard awaited.remove(chunk.offset) != nil else { return .incomplete }
    lastProgress = now
    guard chunk.byteCountTotal <= ObjectTransfer.byteCountMax else {
      return .failed(reason: "it has \(chunk.byteCountTotal) bytes, more than a worker takes")
    }
    if let byteCountTotal, byteCountTotal != chunk.byteCountTotal {
      return .failed(reason: "its length changed on the way")
    }
    let expected = min(
      UInt64(WireLimits.chunkByteCountMax), chunk.byteCountTotal - chunk.offset)
    guard UInt64(data.count) == expected, UInt64(chunk.byteCount) == expected else {
      return .failed(reason: "a piece of it has the wrong length")
    }
    byteCountTotal = chunk.byteCountTotal
    // The first piece is always alone on its way, so pieces are appended or put into their place.
    if bytes.isEmpty {
      bytes = data
      bytes.append(
        contentsOf: repeatElement(0, count: Int(chunk.byteCountTotal) - data.count))
    } else {
      bytes.replaceSubrange(Int(chunk.offset)..<Int(chunk.offset) + data.count, with: data)
    }
    guard awaited.isEmpty, lost.isEmpty, nextOffset >= chunk.byteCountTotal else {
      return .incomplete
    }
    guard ContentDigest.sha256(bytes) == digest else {
      return .failed(reason: "its bytes have another SHA-256; was it changed on the coordinator?")
    }
    return .complete(bytes)
  }

  private func request(_ offset: UInt64) -> ObjectRequest {
    .get(
      ObjectRequest.Get(
        digest: digest, offset: offset, byteCount: UInt32(WireLimits.chunkByteCountMax)))
  }
}
