import CommandLine
import Glibc
import Images
import Inspection

/// What standard input names: a photograph, or paths of files and folders, one a line, each as soon as its
/// line is complete.
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
  private var isOver = false

  /// Far more than any photograph, or any line.
  private static let byteCountMax = 1 << 30

  /// The next of them, at least one and at most `countMax`, waiting until there are any; nil at the end.
  mutating func next(countMax: Int = .max) throws -> [Classifier.Input]? {
    while inputs.isEmpty {
      guard !isOver else { return nil }
      try readMore()
      try takeWhatIsWhole()
    }
    let taken = inputs.prefix(countMax)
    inputs.removeFirst(taken.count)
    return Array(taken)
  }

  private mutating func readMore() throws {
    guard bytes.count <= Self.byteCountMax else { throw Self.unreadable }
    var block = [UInt8](repeating: 0, count: 1 << 16)
    // Reads at most the buffer's own length.
    let count = unsafe read(STDIN_FILENO, &block, block.count)
    if count < 0, errno == EINTR { return }
    if count > 0 { bytes += block.prefix(count) } else { isOver = true }
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
    case .list:
      guard let whole = isOver ? bytes.count : end.map({ $0 + 1 }) else { return }
      guard let text = String(validating: bytes.prefix(whole), as: UTF8.self) else {
        throw Self.unreadable
      }
      bytes.removeFirst(whole)
      for line in text.split(whereSeparator: \.isNewline) {
        inputs += try PredictionInputs.files(at: String(line)).map(Classifier.Input.file)
      }
    }
  }

  private static var unreadable: CommandLineError {
    CommandLineError(
      .data, "standard input is neither a photograph nor a list of paths",
      advice: "Send a picture's bytes, or one path a line.")
  }
}
