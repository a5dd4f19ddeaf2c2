import CLinux
import Glibc
import Synchronization
import Testing
import Threading

@Suite struct ProcessorCountTests {
  @Test func `it counts the processors that the process may use`() {
    #expect((1...sysconf(Int32(_SC_NPROCESSORS_CONF))).contains(processorCount))
    let box = Box()
    // What is allowed is a thread's own, so that others keep theirs.
    NamedThread(name: "one processor") { box.value.store(Self.countOnOne(), ordering: .releasing) }
      .join()
    #expect(box.value.load(ordering: .acquiring) == 1)
  }

  /// Keeps the first of the processors that this thread may use.
  private static func countOnOne() -> Int {
    var allowed = cpu_set_t()
    let byteCount = MemoryLayout<cpu_set_t>.size
    guard unsafe sched_getaffinity(0, byteCount, &allowed) == 0 else { return -1 }
    unsafe withUnsafeMutableBytes(of: &allowed) { bytes in
      guard let first = (0..<byteCount).first(where: { unsafe bytes[$0] != 0 }) else { return }
      let bit = unsafe bytes[first] & (~bytes[first] &+ 1)
      for place in 0..<byteCount { unsafe bytes[place] = 0 }
      unsafe bytes[first] = bit
    }
    guard unsafe sched_setaffinity(0, byteCount, &allowed) == 0 else { return -1 }
    return processorCount
  }

  private final class Box: Sendable {
    let value = Atomic<Int>(0)
  }
}
