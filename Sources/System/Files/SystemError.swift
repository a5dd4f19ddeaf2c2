import Glibc

/// A system call that failed.
public struct SystemError: Error, Equatable, Sendable, CustomStringConvertible {
  /// ENOSPC, EIO, …
  public let number: Int32
  public let path: String

  public init(number: Int32, path: String) {
    self.number = number
    self.path = path
  }

  /// What the last call of this thread complained of.
  public static func last(_ path: String) -> SystemError {
    SystemError(number: errno, path: path)
  }

  public var description: String { "\(path): \(reason)" }

  /// What the system says, without the path.
  public var reason: String { Self.reason(number) }

  /// What the system says about an error number, such as "No such file or directory".
  public static func reason(_ number: Int32) -> String {
    // strerror gives a static or thread-local text, copied at once.
    unsafe String(cString: strerror(number))
  }

  /// Whether the disk, or this user's part of it, is full.
  public var isNoRoom: Bool { [ENOSPC, EDQUOT, EFBIG].contains(number) }

  /// Whether another try, or the same one on another machine, may succeed with the very same file: no
  /// descriptor or memory was left, or a disk didn't answer. Nothing about the file follows from it.
  public var concernsMachine: Bool { Self.concernsMachine(number) }

  public static func concernsMachine(_ number: Int32) -> Bool { ofMachines.contains(number) }

  private static let ofMachines: Set<Int32> = [
    EMFILE, ENFILE, ENOMEM, ENOBUFS, EIO, EAGAIN, EBUSY, ETIMEDOUT, ENOTCONN, EREMOTEIO,
  ]
}
