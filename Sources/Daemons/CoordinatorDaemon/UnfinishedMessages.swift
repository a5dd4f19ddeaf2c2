/// Says which connections send messages that don't end, from what has been received over each.
package struct UnfinishedMessages<Line: Hashable> {
  /// What a sound peer sends before a message of its is complete, with room for the next.
  private let byteCountMax: UInt64
  private let frameByteCountMax: UInt64
  /// What had been received over each connection when it came to its last message, or was first seen.
  private var receivedBefore: [Line: UInt64] = [:]

  /// Beyond one frame each, what all connections together may have sent of unfinished messages. libzmq
  /// needs up to 32 times as much memory for frames without content in the clear, twice encrypted.
  package static var totalByteCountMax: UInt64 { 16 << 20 }

  /// - Parameter frameByteCountMax: the largest frame that a worker sends.
  package init(frameByteCountMax: UInt64) {
    self.frameByteCountMax = frameByteCountMax
    byteCountMax = 2 * frameByteCountMax + (1 << 20)
  }

  /// Over these something came to its end.
  package mutating func complete(_ lines: Set<Line>) {
    for line in lines { receivedBefore[line] = nil }
  }

  /// - Parameter received: what has been received over each connection so far, in bytes.
  /// - Returns: those to be ended.
  package mutating func look(_ received: [Line: UInt64]) -> [Line] {
    var endless: [Line] = []
    var others: [(line: Line, byteCount: UInt64)] = []
    var now: [Line: UInt64] = [:]
    for (line, count) in received {
      // Descriptors are used again: a connection that has received less is a new one.
      let before = min(receivedBefore[line] ?? count, count)
      now[line] = before
      if count - before > byteCountMax {
        endless.append(line)
      } else if count - before > frameByteCountMax {
        others.append((line, count - before - frameByteCountMax))
      }
    }
    receivedBefore = now
    var total = others.reduce(0) { $0 + $1.byteCount }
    for (line, byteCount) in others.sorted(by: { $0.byteCount > $1.byteCount }) {
      guard total > Self.totalByteCountMax else { break }
      endless.append(line)
      total -= byteCount
    }
    return endless
  }
}
