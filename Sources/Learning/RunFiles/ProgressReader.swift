import Files
import Glibc

/// Reads a progress log from the start, and on as it grows.
public struct ProgressReader: Sendable {
  public let path: String
  /// What lies before has been read.
  private var offset = 0
  /// Whole lines that weren't of a progress log: damaged by whatever else wrote there.
  public private(set) var unreadableLineCount = 0

  /// Bytes read at once, at least a line of the greatest length.
  private static let blockByteCount = 2 * ProgressLine.byteCountMax

  public init(path: String) { self.path = path }

  /// The lines that have been completed since the last call; none where there is no file yet. A line
  /// that is still being written is left for later.
  public mutating func next() throws(RunFilesError) -> [ProgressLine] {
    var lines: [ProgressLine] = []
    while true {
      let block: [UInt8]
      do {
        let size = try Self.byteCount(of: path)
        // A shorter file is another file.
        if size < offset { offset = 0 }
        // Whoever follows a run asks twice a second: there is memory for what is new, and no more.
        guard size > offset else { return lines }
        block = try readFile(path, from: offset, count: min(size - offset, Self.blockByteCount))
      } catch {
        if error.number == ENOENT { return lines }
        throw RunFilesError(.inputOutput, "read the progress log", error)
      }
      guard let end = block.lastIndex(of: UInt8(ascii: "\n")) else {
        // No line is so long: this is no log, and there is no sense in waiting for its end.
        if block.count == Self.blockByteCount {
          throw RunFilesError(.damaged, "\(path) is no progress log: it has a line without end")
        }
        return lines
      }
      for line in block[...end].split(separator: UInt8(ascii: "\n")) {
        if let line = ProgressLine(decoding: line) {
          lines.append(line)
        } else {
          unreadableLineCount += 1
        }
      }
      offset += end + 1
    }
  }

  private static func byteCount(of path: String) throws(SystemError) -> Int {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { throw SystemError(number: errno, path: path) }
    return Int(status.st_size)
  }
}
