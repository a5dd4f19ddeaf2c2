import CommandLine
import Glibc

/// How many of many things are done, how fast and how long it takes yet: on stderr, where a person looks
/// at it, and only when it takes a while.
struct CountDisplay {
  private let total: Int
  private let noun: String
  private let terminal = Terminal.standardError(environment)
  private var block = LiveBlock()
  private let start = ContinuousClock.now
  private var lastDrawing: ContinuousClock.Instant

  /// What is done sooner needs no display.
  private static let patience = Duration.seconds(1)
  private static let drawingInterval = Duration.milliseconds(100)

  init(total: Int, of noun: String) {
    self.total = total
    self.noun = noun
    lastDrawing = start + Self.patience - Self.drawingInterval
  }

  mutating func show(done: Int) {
    guard terminal.isInteractive, .now - lastDrawing >= Self.drawingInterval else { return }
    lastDrawing = .now
    let seconds = (lastDrawing - start) / .seconds(1)
    let left = seconds / Double(max(1, done)) * Double(total - done)
    let line =
      bar(share: Double(done) / Double(max(1, total)), columns: 20, terminal.style)
      + "  \(formatted(done)) of \(formatted(total)) \(noun), "
      + "\(formatted(Double(done) / seconds, decimals: 0)) a second, \(duration(seconds: left)) left"
    write(block.redraw([line], terminal.style), to: STDERR_FILENO)
  }

  /// Makes room for other text.
  mutating func erase() { write(block.erase(), to: STDERR_FILENO) }
}
