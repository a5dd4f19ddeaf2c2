import Glibc
import RunFiles

/// The run whose progress log changed last.
func newestRun(in root: String) throws(RunFilesError) -> RunDirectory? {
  try runsByAge(in: root).first
}

/// The run whose progress log changed last, then that before, and so on.
func runsByAge(in root: String) throws(RunFilesError) -> [RunDirectory] {
  let runs = try RunDirectory.runs(in: root).map { (run: $0, time: changeTime(of: $0)) }
  return runs.sorted { $0.time > $1.time }.map(\.run)
}

/// When a run told of itself last, in seconds and nanoseconds.
private func changeTime(of run: RunDirectory) -> (Int, Int) {
  var status = stat()
  for path in [run.progressPath, run.configurationPath] {
    // The call fills in the struct.
    if unsafe stat(path, &status) == 0 { return (status.st_mtim.tv_sec, status.st_mtim.tv_nsec) }
  }
  return (0, 0)
}
