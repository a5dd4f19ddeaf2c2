import Glibc

extension RunDirectory {
  /// Whether a process of this machine has claimed the run.
  ///
  /// Looks at the kernel's list of locks, because trying the lock would turn away a coordinator that
  /// starts at this very moment.
  public var isInUse: Bool {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return false }
    // "1: FLOCK  ADVISORY  WRITE 713 00:2e:8312 0 EOF": the file's number ends the sixth field. The
    // device before it is not that of `stat` on every file system.
    return Self.locks().split(separator: "\n").contains { line in
      let fields = line.split(separator: " ")
      return fields.count >= 6 && fields[1] == "FLOCK" && fields[3] == "WRITE"
        && fields[5].split(separator: ":").last == "\(status.st_ino)"
    }
  }

  /// The kernel's list; empty where there is none.
  private static func locks() -> String {
    let descriptor = unsafe open("/proc/locks", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return "" }
    defer { close(descriptor) }
    var text: [UInt8] = []
    // Far more locks than any machine holds.
    let byteCountMax = 16 << 20
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while text.count < byteCountMax {
      // The file tells no size: it is read until nothing comes. At most the block's own length.
      let count = unsafe read(descriptor, &block, block.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      text += block.prefix(count)
    }
    return String(decoding: text, as: UTF8.self)
  }
}
