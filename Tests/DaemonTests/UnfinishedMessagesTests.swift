import CoordinatorDaemon
import Testing

@Suite struct UnfinishedMessagesTests {
  private let frame: UInt64 = 64 << 10

  @Test func `who sends a message without an end is ended, however slowly it sends`() {
    var unfinished = UnfinishedMessages<String>(frameByteCountMax: frame)
    var received: UInt64 = 1 << 30
    var looks = 0
    #expect(unfinished.look(["slow": received]).isEmpty)
    while unfinished.look(["slow": received]).isEmpty {
      received += 10_000
      looks += 1
      guard looks < 1_000 else { break }
    }
    #expect(looks * 10_000 > 2 * Int(frame) + 1 << 20 && looks < 200)
  }

  @Test func `who comes to an end may send as much as it likes`() {
    var unfinished = UnfinishedMessages<String>(frameByteCountMax: frame)
    for round in 1...100 {
      #expect(unfinished.look(["busy": UInt64(round) << 20]).isEmpty)
      unfinished.complete(["busy"])
    }
  }

  @Test func `many that stay below the limit for one are ended by that for all`() {
    var unfinished = UnfinishedMessages<Int>(frameByteCountMax: frame)
    let each: UInt64 = 1 << 20
    let lines = 0..<100
    #expect(unfinished.look(Dictionary(uniqueKeysWithValues: lines.map { ($0, 0) })).isEmpty)
    let ended = unfinished.look(Dictionary(uniqueKeysWithValues: lines.map { ($0, each) }))
    let left = UInt64(lines.count - ended.count) * (each - frame)
    #expect(left <= UnfinishedMessages<Int>.totalByteCountMax)
    #expect(left + each > UnfinishedMessages<Int>.totalByteCountMax, "no more than it takes")
  }

  @Test func `a descriptor that is used again belongs to another`() {
    var unfinished = UnfinishedMessages<String>(frameByteCountMax: frame)
    #expect(unfinished.look(["a": 5 << 20]).isEmpty)
    #expect(unfinished.look(["a": 0]).isEmpty)
    #expect(unfinished.look(["a": 1 << 20]).isEmpty)
    #expect(unfinished.look([:]).isEmpty)
    #expect(unfinished.look(["a": 4 << 20]).isEmpty)
  }
}
