import ClusterCore
import Digest
import Testing
import Wire
import WorkerDaemon

@Suite struct ObjectTransferTests {
  private static let piece = WireLimits.chunkByteCountMax
  private let now = Instant(nanoseconds: 0)
  /// Two pieces and a bit.
  private let object = (0..<2 * piece + 5).map { UInt8(truncatingIfNeeded: $0 / 7) }

  private func chunk(
    _ request: ObjectRequest?, total: Int? = nil
  ) throws -> (ObjectReply.Chunk, [UInt8]) {
    guard case .get(let get) = try #require(request) else { throw WireError.unknownMessage }
    let start = Int(get.offset)
    let data = Array(object[start..<min(object.count, start + Int(get.byteCount))])
    let chunk = ObjectReply.Chunk(
      digest: get.digest, offset: get.offset, byteCount: UInt32(data.count),
      byteCountTotal: UInt64(total ?? object.count))
    return (chunk, data)
  }

  private func isIncomplete(_ progress: ObjectTransfer.Progress) -> Bool {
    if case .incomplete = progress { true } else { false }
  }

  private func isFailed(_ progress: ObjectTransfer.Progress) -> Bool {
    if case .failed = progress { true } else { false }
  }

  @Test func `pieces that arrive in any order make the object`() throws {
    var transfer = ObjectTransfer(.sha256(object), now: now)
    let first = try chunk(transfer.nextRequest(now: now))
    // Its length isn't known before the first piece is here.
    #expect(transfer.nextRequest(now: now) == nil)
    #expect(isIncomplete(transfer.take(first.0, first.1, now: now)))
    let second = try chunk(transfer.nextRequest(now: now))
    let third = try chunk(transfer.nextRequest(now: now))
    #expect(transfer.nextRequest(now: now) == nil)
    #expect(transfer.inFlight == 2)
    #expect(isIncomplete(transfer.take(third.0, third.1, now: now)))
    // A piece that comes twice is nothing new.
    #expect(isIncomplete(transfer.take(first.0, first.1, now: now)))
    guard case .complete(let bytes) = transfer.take(second.0, second.1, now: now) else {
      Issue.record("the object isn't complete")
      return
    }
    #expect(bytes == object)
  }

  @Test func `what came before a connection ended needn't come again`() throws {
    var transfer = ObjectTransfer(.sha256(object), now: now)
    // Lost before anything has come: begun anew.
    let vain = transfer.nextRequest(now: now)
    transfer.loseConnection()
    #expect(!transfer.hasBegun && transfer.inFlight == 0)
    let first = transfer.nextRequest(now: now)
    let none = transfer.nextRequest(now: now)
    #expect(vain != nil && first == vain && none == nil)
    let head = try chunk(first)
    #expect(isIncomplete(transfer.take(head.0, head.1, now: now)))
    let second = transfer.nextRequest(now: now)
    transfer.loseConnection()
    #expect(transfer.hasBegun)
    // Only what was under way, and what had yet to be asked for.
    let again = transfer.nextRequest(now: now)
    #expect(second != nil && again == second)
    let middle = try chunk(second)
    let tail = try chunk(transfer.nextRequest(now: now))
    #expect(transfer.nextRequest(now: now) == nil)
    #expect(isIncomplete(transfer.take(tail.0, tail.1, now: now)))
    guard case .complete(let bytes) = transfer.take(middle.0, middle.1, now: now) else {
      Issue.record("the object isn't complete")
      return
    }
    #expect(bytes == object)
  }

  @Test func `missing pieces are asked for again`() throws {
    var transfer = ObjectTransfer(.sha256(object), now: now)
    let request = transfer.nextRequest(now: now)
    #expect(transfer.requestsAgain(now: now) == [try #require(request)])
  }

  @Test func `other bytes, other lengths and giants are refused`() throws {
    var transfer = ObjectTransfer(.sha256([1]), now: now)
    let small = ObjectReply.Chunk(
      digest: .sha256([1]), offset: 0, byteCount: 1, byteCountTotal: 1)
    _ = transfer.nextRequest(now: now)
    #expect(isFailed(transfer.take(small, [2], now: now)))

    transfer = ObjectTransfer(.sha256(object), now: now)
    let first = try chunk(transfer.nextRequest(now: now))
    #expect(isFailed(transfer.take(first.0, Array(first.1.dropLast()), now: now)))

    transfer = ObjectTransfer(.sha256(object), now: now)
    let sound = try chunk(transfer.nextRequest(now: now))
    _ = transfer.take(sound.0, sound.1, now: now)
    let changed = try chunk(transfer.nextRequest(now: now), total: object.count + 1)
    #expect(isFailed(transfer.take(changed.0, changed.1, now: now)))

    transfer = ObjectTransfer(.sha256(object), now: now)
    let giant = try chunk(
      transfer.nextRequest(now: now), total: Int(ObjectTransfer.byteCountMax) + 1)
    #expect(isFailed(transfer.take(giant.0, giant.1, now: now)))
  }

  @Test func `an empty object is complete with its first piece`() throws {
    var transfer = ObjectTransfer(.sha256([]), now: now)
    _ = transfer.nextRequest(now: now)
    let empty = ObjectReply.Chunk(
      digest: .sha256([]), offset: 0, byteCount: 0, byteCountTotal: 0)
    guard case .complete(let bytes) = transfer.take(empty, [], now: now) else {
      Issue.record("the object isn't complete")
      return
    }
    #expect(bytes.isEmpty)
  }
}
