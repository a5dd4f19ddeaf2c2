import Glibc
import Synchronization

/// What one of the process's output streams can show.
public struct Terminal: Sendable {
  /// Whether a person looks at it.
  public let isInteractive: Bool
  public let style: TextStyle

  /// - Parameters:
  ///   - environment: NO_COLOR (any text), TERM=dumb, CLICOLOR_FORCE aside, are obeyed; LC_ALL,
  ///     LC_CTYPE and LANG, in this order, say whether UTF-8 is understood.
  ///   - columns: nil where the stream is no terminal.
  public init(columns: Int?, environment: [String: String]) {
    let dumb = (environment["TERM"] ?? "") == "dumb"
    isInteractive = columns != nil && !dumb
    let locale =
      ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? ""
    let unicode = locale.lowercased().replacing("-", with: "").contains("utf8")
    let quiet = !(environment["NO_COLOR"] ?? "").isEmpty
    // A width of 0 is what a terminal without a known size reports.
    let width = columns.map { $0 == 0 ? 80 : $0 } ?? 80
    style = TextStyle(columns: width, colour: isInteractive && !quiet, unicode: unicode)
  }

  public static func standardOutput(_ environment: [String: String]) -> Terminal {
    Terminal(columns: columnCount(of: STDOUT_FILENO), environment: environment)
  }

  public static func standardError(_ environment: [String: String]) -> Terminal {
    Terminal(columns: columnCount(of: STDERR_FILENO), environment: environment)
  }

  /// Lines of the terminal that stdout goes to; 24 where it is none or doesn't tell.
  public static func rowCount() -> Int {
    let count = size(of: STDOUT_FILENO).map { Int($0.ws_row) } ?? 0
    return count == 0 ? 24 : count
  }

  /// Nil where it is no terminal, 0 where it doesn't tell.
  private static func columnCount(of descriptor: Int32) -> Int? {
    guard isatty(descriptor) == 1 else { return nil }
    return size(of: descriptor).map { Int($0.ws_col) } ?? 0
  }

  private static func size(of descriptor: Int32) -> winsize? {
    var size = winsize()
    // The kernel fills in the struct, which outlives the call.
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 else { return nil }
    return size
  }
}

/// A block of lines that is drawn over and over in the same place.
public struct LiveBlock: Sendable {
  private var lineCount = 0

  public init() {}

  /// What to write so that `lines` take the place of those drawn last.
  public mutating func redraw(_ lines: [String], _ style: TextStyle) -> String {
    var text = erase()
    // The last column stays free: some terminals wrap as soon as it is filled.
    for line in lines { text += clipped(line, columns: style.columns - 1) + "\n" }
    lineCount = lines.count
    return text
  }

  /// What to write so that the lines drawn last vanish, and other text can take their place.
  public mutating func erase() -> String {
    defer { lineCount = 0 }
    return lineCount == 0 ? "" : "\u{1B}[\(lineCount)A\r\u{1B}[J"
  }
}

/// Why text for stdout was lost, by `errno`: a full disk, say; 0 where none was. A reader that has gone
/// wanted no more.
public var lostOutput: Int32 { firstLoss.load(ordering: .relaxed) }

private let firstLoss = Atomic<Int32>(0)

/// Writes text to a descriptor, whole; false where the reader has gone.
@discardableResult
public func write(_ text: String, to descriptor: Int32) -> Bool {
  let bytes = Array(text.utf8)
  var written = 0
  while written < bytes.count {
    let count = unsafe bytes.withUnsafeBytes { buffer in
      // Writes the rest of the buffer, whose length it is given.
      unsafe Glibc.write(descriptor, buffer.baseAddress! + written, buffer.count - written)
    }
    if count < 0 && errno == EINTR { continue }
    guard count > 0 else {
      if descriptor == STDOUT_FILENO, count < 0, errno != EPIPE {
        _ = firstLoss.compareExchange(expected: 0, desired: errno, ordering: .relaxed)
      }
      return false
    }
    written += count
  }
  return true
}
