import CLinux
import Glibc

/// How many threads this process can run at once: the processors that it may use (`taskset`, Slurm and
/// container runtimes leave it some of the machine's), at least 1.
public var processorCount: Int {
  var allowed = cpu_set_t()
  // Fails where the machine has more processors than the set has bits.
  guard unsafe sched_getaffinity(0, MemoryLayout<cpu_set_t>.size, &allowed) == 0 else {
    return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
  }
  let count = unsafe withUnsafeBytes(of: &allowed) { bytes in
    unsafe bytes.reduce(0) { $0 + $1.nonzeroBitCount }
  }
  return max(1, count)
}
