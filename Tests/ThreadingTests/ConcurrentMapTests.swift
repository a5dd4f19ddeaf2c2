import Synchronization
import Testing
import Threading

private struct Failure: Error, Equatable {
  let index: Int
}

@Suite struct ConcurrentMapTests {
  @Test(arguments: [1, 2, 3, 8, 100])
  func `every index is computed once, whatever the number of threads`(threads: Int) {
    let calls = Mutex<[Int]>([])
    let values = concurrentMap(count: 50, threads: threads, name: "map") { index in
      calls.withLock { $0.append(index) }
      return index * index
    }
    #expect(values == (0..<50).map { $0 * $0 })
    #expect(calls.withLock { $0.sorted() } == Array(0..<50))
  }

  @Test func `nothing to compute gives nothing`() {
    #expect(concurrentMap(count: 0, threads: 4, name: "map") { $0 } == [])
    #expect(concurrentMap(count: 2, threads: 0, name: "map") { $0 } == [0, 1])
  }

  @Test func `progress only grows and ends with all of them`() {
    var seen: [Int] = []
    _ = concurrentMap(
      count: 20, threads: 3, name: "map", progress: { seen.append($0) }, compute: { $0 })
    #expect(seen.last == 20 && seen == seen.sorted())
  }

  @Test func `each thread has buffers of its own, made once`() {
    let made = Atomic<Int>(0)
    let values = concurrentMap(
      count: 40, threads: 4, name: "map",
      buffers: { [made.wrappingAdd(1, ordering: .relaxed).newValue] },
      compute: { index, buffers in
        buffers.append(index)
        return buffers.count - 1
      })
    let count = made.load(ordering: .relaxed)
    #expect((1...4).contains(count))
    // The n-th value of a thread is n: as many ones as threads that computed any.
    #expect((1...count).contains(values.count { $0 == 1 }))
    #expect(values.count == 40)
  }

  @Test(arguments: [1, 3])
  func `a failure ends the computation and is thrown`(threads: Int) {
    let computed = Atomic<Int>(0)
    #expect(throws: Failure(index: 5)) {
      _ = try concurrentMap(count: 10_000, threads: threads, name: "map") {
        (index) throws(Failure) in
        if index == 5 { throw Failure(index: index) }
        computed.add(1, ordering: .relaxed)
        return index
      }
    }
    if threads == 1 { #expect(computed.load(ordering: .relaxed) == 5) }
  }

  @Test func `buffers that can't be made fail the computation`() {
    #expect(throws: Failure(index: -1)) {
      _ = try concurrentMap(
        count: 3, threads: 2, name: "map",
        buffers: { () throws(Failure) -> Int in throw Failure(index: -1) },
        compute: { (index, _: inout Int) throws(Failure) in index })
    }
  }
}
