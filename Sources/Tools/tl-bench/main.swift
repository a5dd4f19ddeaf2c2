import CommandLine
import Glibc

// tl-bench measures tl against the limits of the machine it runs on. Every figure is taken in one
// run beside what it is compared with, because absolute times drift on shared machines.

let benchmarks: [Benchmark] = [
  forwardBenchmark, decodeBenchmark, extractBenchmark, wholeRunBenchmark, featuresBenchmark,
  layersBenchmark, stepsBenchmark, coordinatorBenchmark, fetchBenchmark, serveBenchmark,
]

let program = Program(
  name: "tl-bench", version: version, summary: "measures tl on this machine",
  commands: benchmarks.map(\.command))

exit(runBenchmark(of: program, among: benchmarks))
