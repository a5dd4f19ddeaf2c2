import CArchive
import Glibc

/// One thing in an archive.
public struct ArchiveEntry: Equatable, Sendable {
  public enum Kind: Sendable {
    case file
    case folder
    /// Symbolic or hard.
    case link
    /// A device, a pipe, a socket.
    case special
  }

  /// As the archive has it: nothing is known of it yet.
  public let path: String
  public let kind: Kind
  /// As the archive claims, if it does.
  public let byteCount: Int?

  public init(path: String, kind: Kind, byteCount: Int?) {
    self.path = path
    self.kind = kind
    self.byteCount = byteCount
  }
}

/// Reads ZIP and tar archives, the latter also compressed by gzip, from their beginning to their end.
@safe public struct ArchiveReader: ~Copyable {
  private let handle: OpaquePointer
  /// What libarchive reads from, where that isn't a file.
  private let bytes: UnsafeMutableBufferPointer<UInt8>?
  private let name: String

  /// What libarchive asks of the system at once.
  private static let blockBytes = 1 << 16

  /// Opens a file.
  public init(path: String) throws(ArchiveError) {
    unsafe self.init(name: path, bytes: nil)
    try check(unsafe archive_read_open_filename(handle, path, Self.blockBytes))
  }

  /// Opens an archive in memory.
  public init(bytes: [UInt8]) throws(ArchiveError) {
    let copy = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, bytes.count))
    _ = unsafe copy.initialize(from: bytes)
    unsafe self.init(name: "the archive", bytes: copy)
    // The copy outlives the reader: deinit frees it.
    try check(unsafe archive_read_open_memory(handle, copy.baseAddress, bytes.count))
  }

  private init(name: String, bytes: UnsafeMutableBufferPointer<UInt8>?) {
    guard let handle = unsafe archive_read_new() else { fatalError("no memory for an archive") }
    unsafe self.handle = handle
    unsafe self.bytes = bytes
    self.name = name
    // No other formats: each is a parser of foreign bytes.
    unsafe archive_read_support_format_zip(handle)
    unsafe archive_read_support_format_tar(handle)
    unsafe archive_read_support_filter_gzip(handle)
  }

  deinit {
    unsafe archive_read_free(handle)
    if let bytes = unsafe bytes { unsafe bytes.deallocate() }
  }

  /// Goes to the next entry; nil after the last.
  public mutating func next() throws(ArchiveError) -> ArchiveEntry? {
    var entry: OpaquePointer?
    let code = unsafe archive_read_next_header(handle, &entry)
    if code == ARCHIVE_EOF { return nil }
    // A warning concerns what isn't used here, such as owners; a path that can't be read is nil.
    guard code == ARCHIVE_OK || code == ARCHIVE_WARN, let entry = unsafe entry else {
      throw error()
    }
    // Valid until the next call; copied at once.
    let utf8 = unsafe archive_entry_pathname_utf8(entry)
    guard let path = unsafe utf8 ?? archive_entry_pathname(entry) else {
      throw ArchiveError(.damaged, "\(name): an entry has no name that can be read")
    }
    let byteCount =
      unsafe archive_entry_size_is_set(entry) != 0 ? unsafe archive_entry_size(entry) : nil
    return ArchiveEntry(
      path: unsafe String(cString: path), kind: unsafe Self.kind(of: entry),
      byteCount: byteCount.map { Int($0) })
  }

  private static func kind(of entry: OpaquePointer) -> ArchiveEntry.Kind {
    // A hard link has the type of the file that it leads to.
    if unsafe archive_entry_hardlink(entry) != nil { return .link }
    let type = unsafe archive_entry_filetype(entry)
    if type == Glibc.S_IFREG { return .file }
    if type == Glibc.S_IFDIR { return .folder }
    return type == Glibc.S_IFLNK ? .link : .special
  }

  /// Reads the next bytes of the entry into the buffer, from its start; 0 at the end. ZIP's check
  /// sums are compared on the way; those of gzip aren't.
  public mutating func read(into buffer: inout [UInt8]) throws(ArchiveError) -> Int {
    let count = unsafe buffer.withUnsafeMutableBytes { room in
      // Writes at most the buffer's own length.
      unsafe archive_read_data(handle, room.baseAddress, room.count)
    }
    guard count >= 0 else { throw error() }
    return count
  }

  private borrowing func check(_ code: Int32) throws(ArchiveError) {
    guard code == ARCHIVE_OK else { throw error() }
  }

  private borrowing func error() -> ArchiveError {
    let number = unsafe archive_errno(handle)
    let text = unsafe archive_error_string(handle).map { unsafe String(cString: $0) } ?? ""
    return ArchiveError(
      Self.ofContents.contains(number) ? .damaged : .unreadable,
      "\(name): \(text.isEmpty ? "it is damaged" : text)", errorNumber: number)
  }

  /// The numbers by which libarchive means what it read; others are the system's.
  private static let ofContents: Set<Int32> = [0, -1, EILSEQ, EINVAL]
}
