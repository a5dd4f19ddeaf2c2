import Kernels
import Testing

@Suite struct ExtremesTests {
  @Test(arguments: [1, 2, 15, 16, 17, 31, 32, 33, 100])
  func `are found wherever they lie`(count: Int) {
    let arena = Arena(byteCount: (count + 2) * 4)
    // What lies beside the range counts as nothing.
    arena.store(-1000, at: 0)
    arena.store(1000, at: count + 1)
    for place in 0..<count {
      for index in 0..<count { arena.store(Float(index % 3), at: 1 + index) }
      arena.store(-7, at: 1 + place)
      arena.store(9, at: 1 + (place + count / 2) % count)
      let (low, high) = arena.extremes(1..<1 + count)
      #expect(high == 9)
      #expect(low == (count > 1 ? -7 : 9))
    }
  }

  @Test func `leave out what is no number`() {
    let arena = Arena(byteCount: 40 * 4)
    for index in 0..<40 { arena.store(index.isMultiple(of: 2) ? .nan : Float(index), at: index) }
    #expect(arena.extremes(0..<40) == (1, 39))
    #expect(arena.extremes(1..<20) == (1, 19))
    let none = arena.extremes(0..<1)
    #expect(none.low.isNaN && none.high.isNaN)
  }
}
