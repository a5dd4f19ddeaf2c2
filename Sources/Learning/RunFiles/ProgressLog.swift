import Files
import Glibc
import Training

/// Writes the progress log of a run. One at a time: whoever holds the run's lock.
public struct ProgressLog<Files: FileSystem>: ~Copyable {
  private let path: String
  private let fileSystem: Files
  private let descriptor: Int32
  /// Up to here the file consists of whole lines.
  private var byteCount: Int
  /// Whether something may lie behind that, of a write that failed half-way.
  private var isTorn = false
  /// Lines that could not be written yet.
  private var waiting: [[UInt8]] = []
  /// Hours of steps; what comes after that is lost.
  private static var waitingCountMax: Int { 100_000 }
  /// The bytes of a torn last line that were cut off when the log was opened.
  public let cutByteCount: Int

  /// Opens the log, or creates it. What follows the last line feed is a line that was being written
  /// when a process ended, and is cut off.
  public init(
    path: String, fileSystem: Files = LinuxFileSystem()
  ) throws(RunFilesError) {
    let opened = try Self.open(path, fileSystem)
    self.path = path
    self.fileSystem = fileSystem
    descriptor = opened.descriptor
    byteCount = opened.lines
    cutByteCount = opened.all - opened.lines
  }

  private static func open(
    _ path: String, _ fileSystem: Files
  ) throws(RunFilesError) -> (descriptor: Int32, all: Int, lines: Int) {
    do throws(SystemError) {
      let existing = try lengths(path)
      let descriptor = try fileSystem.uninterrupted { () throws(SystemError) in
        try fileSystem.open(
          path, flags: O_WRONLY | O_CREAT | O_APPEND, permissions: ordinaryPermissions)
      }
      if existing.lines < existing.all {
        do throws(SystemError) {
          try cut(descriptor, existing.lines, path, fileSystem)
        } catch {
          try? fileSystem.close(descriptor, path: path)
          throw error
        }
      }
      return (descriptor, existing.all, existing.lines)
    } catch {
      throw RunFilesError(.inputOutput, "open the progress log", error)
    }
  }

  private static func cut(
    _ descriptor: Int32, _ byteCount: Int, _ path: String, _ fileSystem: Files
  ) throws(SystemError) {
    try fileSystem.uninterrupted { () throws(SystemError) in
      try fileSystem.truncate(descriptor, to: byteCount, path: path)
    }
  }

  deinit { try? fileSystem.close(descriptor, path: path) }

  /// Appends a line. Where it throws, the line waits and is written, in its turn, before the next
  /// one: a disk that was full for a while leaves no gap in what the log accounts for.
  public mutating func append(_ line: ProgressLine) throws(RunFilesError) {
    if waiting.count < Self.waitingCountMax { waiting.append(line.encoded()) }
    var writtenCount = 0
    defer { waiting.removeFirst(writtenCount) }
    do throws(SystemError) {
      try checkPlace()
      for bytes in waiting {
        if isTorn { try Self.cut(descriptor, byteCount, path, fileSystem) }
        isTorn = true
        try fileSystem.writeAll(bytes, to: descriptor, path: path)
        isTorn = false
        byteCount += bytes.count
        writtenCount += 1
      }
    } catch {
      throw RunFilesError(.inputOutput, "write the progress log", error)
    }
  }

  /// Throws where the file that is written has no longer its name: nobody would find the lines in it.
  private func checkPlace() throws(SystemError) {
    var (opened, named) = (stat(), stat())
    guard unsafe fstat(descriptor, &opened) == 0 else { throw .last(path) }
    guard unsafe stat(path, &named) == 0 else { throw .last(path) }
    guard opened.st_dev == named.st_dev, opened.st_ino == named.st_ino else {
      throw SystemError(number: ESTALE, path: path)
    }
  }

  /// Makes all lines of a log durable that have been written so far, on any thread. Due before a
  /// checkpoint is written, so that no checkpoint is ahead of the log that accounts for its steps.
  public static func synchronize(
    _ path: String, fileSystem: Files = LinuxFileSystem()
  ) throws(RunFilesError) {
    do throws(SystemError) {
      // What is written through one descriptor is synchronized through any.
      try fileSystem.withDescriptor(path, O_WRONLY) { (descriptor) throws(SystemError) in
        try fileSystem.uninterrupted { () throws(SystemError) in
          try fileSystem.synchronize(descriptor, path: path)
        }
      }
    } catch {
      throw RunFilesError(.inputOutput, "write the progress log", error)
    }
  }

  /// The length of the file, and of its whole lines.
  private static func lengths(_ path: String) throws(SystemError) -> (all: Int, lines: Int) {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else {
      if errno == ENOENT { return (0, 0) }
      throw SystemError(number: errno, path: path)
    }
    let all = Int(status.st_size)
    // Blocks from the end; a torn line is at most one line long.
    var end = all
    while end > 0 {
      let start = max(0, end - 1 << 16)
      let block = try readFile(path, from: start, count: end - start)
      if let place = block.lastIndex(of: UInt8(ascii: "\n")) { return (all, start + place + 1) }
      end = start
    }
    return (all, 0)
  }
}

/// Gathers steps into ranges, so that a fast run writes at most ten lines a second.
public struct StepGatherer: Sendable {
  /// Between two ranges of the same epoch.
  public static let intervalNanoseconds: UInt64 = 100_000_000

  private var first: UInt64?
  private var last: UInt64 = 0
  private var totals = RunningTotals()
  private var lastEmission: UInt64

  /// - Parameter nanoseconds: the time now, of any monotonic clock.
  public init(nanoseconds: UInt64) { lastEmission = nanoseconds }

  /// Adds a step, counted from 0, that is complete; gives a range once it is due.
  public mutating func add(
    step: UInt64, _ counted: RunningTotals, nanoseconds: UInt64
  ) -> StepRange? {
    precondition(first == nil || step == last + 1, "steps come one after the other")
    if first == nil { first = step }
    last = step
    totals += counted
    guard nanoseconds >= lastEmission + Self.intervalNanoseconds else { return nil }
    return flush(nanoseconds: nanoseconds)
  }

  /// The range so far, if there is one. Due at the end of an epoch and before a checkpoint: no range
  /// may reach across either.
  public mutating func flush(nanoseconds: UInt64) -> StepRange? {
    guard let first else { return nil }
    let elapsed = Double(nanoseconds - min(nanoseconds, lastEmission)) * 1e-9
    let range = StepRange(
      first: first, last: last, samples: totals.samples, skipped: totals.skipped,
      trainLoss: totals.meanLoss,
      imagesPerSecond: elapsed > 0 ? Double(totals.samples) / elapsed : nil)
    self.first = nil
    totals = RunningTotals()
    lastEmission = nanoseconds
    return range
  }
}
