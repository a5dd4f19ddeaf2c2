import CommandLine
import Files
import Glibc
import Images
import Inspection

/// What standard input names: a photograph, or paths of files and folders, one a line or with a NUL after
/// each, as `find -print0` has them; each as soon as it is complete.
struct StandardInput {
  private enum Content {
    case unknown
    case photograph
    case list
  }

  /// Read and not yet taken.
  private var bytes: [UInt8] = []
  /// Named and not yet taken.
  private var inputs: [Classifier.Input] = []
  private var content = Content.unknown
  /// What ends a path, once the first has ended. A line may hold no NUL then, and a path between NULs may
  /// hold line ends.
  private var separator: UInt8?
  private var isOver = false
  private var hasNamedAny = false
  /// Whether all folders that were named were looked into.
  private(set) var isWhole = true

  /// Far more than any photograph, or any line.
  private static let byteCountMax = 1 << 30
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The next of them, at least one and at most `countMax`, waiting until there are any; nil at the end.
  mutating func next(countMax: Int = .max) throws -> [Classifier.Input]? {
    while inputs.isEmpty {
      guard !isOver else {
        if !hasNamedAny { Self.tellOfNothing() }
        return nil
      }
      try readMore()
      try takeWhatIsWhole()
    }
    hasNamedAny = true
    let taken = inputs.prefix(countMax)
    inputs.removeFirst(taken.count)
    return Array(taken)
  }

  private mutating func readMore() throws {
    guard bytes.count <= Self.byteCountMax else { throw Self.unreadable }
    var block = [UInt8](repeating: 0, count: 1 << 16)
    // Reads at most the buffer's own length.
    let count = unsafe read(STDIN_FILENO, &block, block.count)
    if count < 0 {
      let number = errno
      switch number {
      case EINTR: return
      // Whoever made it doesn't wait; we do.
      case EAGAIN: return waitForMore()
      default:
        // What came so far may be a part of what was meant.
        throw CommandLineError(
          .inputOutput, "can't read standard input: \(SystemError.reason(number))")
      }
    }
    if count > 0 { bytes += block.prefix(count) } else { isOver = true }
  }

  private func waitForMore() {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    // One entry, as it is told.
    _ = unsafe poll(&input, 1, -1)
  }

  private mutating func takeWhatIsWhole() throws {
    if content == .unknown, isOver || bytes.count >= ImageFormat.signatureLengthMax {
      content = ImageFormat(firstBytes: bytes) == nil ? .list : .photograph
    }
    let end = bytes.lastIndex(of: UInt8(ascii: "\n"))
    // A short line may be all that comes for long; no picture begins like a text with a line's end.
    if content == .unknown, let end, ImageFormat(firstBytes: bytes) == nil,
      let text = String(validating: bytes[...end], as: UTF8.self), !text.contains("\0")
    {
      content = .list
    }
    switch content {
    case .unknown: return
    case .photograph:
      guard isOver else { return }
      inputs.append(.picture(bytes))
      bytes = []
    case .list: try takePaths()
    }
  }

  private mutating func takePaths() throws {
    let ends = [UInt8(ascii: "\n"), 0]
    separator = separator ?? bytes.first(where: ends.contains)
    let end = separator.flatMap { bytes.lastIndex(of: $0) }
    guard let whole = isOver ? bytes.count : end.map({ $0 + 1 }) else { return }
    guard Self.mayBePaths(bytes.prefix(whole)) else { throw Self.unreadable }
    // By bytes: an accent that a name begins with is one character with what separates it.
    let lines = bytes.prefix(whole).split {
      $0 == separator || separator != 0 && $0 == Self.carriageReturn
    }
    bytes.removeFirst(whole)
    for line in lines {
      // A name that isn't UTF-8 is told of by itself, as any file that can't be read.
      var path = String(decoding: line, as: UTF8.self)
      // PowerShell begins what it writes with this mark.
      if path.unicodeScalars.first == "\u{feff}" { path.unicodeScalars.removeFirst() }
      let found = try PredictionInputs.files(at: path)
      inputs += found.paths.map(Classifier.Input.file)
      isWhole = isWhole && found.isWhole
    }
  }

  /// Names need not be UTF-8 to be names; what neither is nor looks like text is something else.
  private static func mayBePaths(_ bytes: ArraySlice<UInt8>) -> Bool {
    let separators = [0, UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    return String(validating: bytes, as: UTF8.self) != nil
      || bytes.allSatisfy { $0 >= UInt8(ascii: " ") || separators.contains($0) }
  }

  private static func tellOfNothing() {
    report(
      .warning, "standard input names no photograph: it is empty",
      program: CoordinatorProgram.program.name)
  }

  private static var unreadable: CommandLineError {
    CommandLineError(
      .data, "standard input is neither a photograph nor a list of paths",
      advice: "Send a picture's bytes, or paths: one a line, or with a NUL after each.")
  }
}
