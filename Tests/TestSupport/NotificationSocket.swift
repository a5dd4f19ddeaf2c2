import Foundation

/// A Unix socket that stands in for a service manager's, and what came to it.
public final class NotificationSocket: Sendable {
  /// What a process finds in `NOTIFY_SOCKET`.
  public let name: String
  private let descriptor: Int32

  /// - Parameter isAbstract: whether it has a name alone instead of a file.
  public init(isAbstract: Bool = false) throws {
    let unique = "tl-notify-\(UUID().uuidString.prefix(8))"
    name = isAbstract ? "@\(unique)" : "/tmp/\(unique)"
    var bytes = Array(name.utf8)
    if isAbstract { bytes[0] = 0 }
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    // The names above are shorter than the field.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }
    let length = MemoryLayout<sockaddr_un>.size - 108 + bytes.count
    // The kernel reads the address, of which it is given the length.
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe bind(descriptor, $0, socklen_t(length))
      }
    }
    guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  /// The next message; nil where none comes in time.
  public func next(seconds: Double = RunningCommand.patienceSeconds) -> String? {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard unsafe Glibc.poll(&poll, 1, Int32(seconds * 1000)) == 1 else { return nil }
    var buffer = [UInt8](repeating: 0, count: 4096)
    // At most as many bytes as there is room for.
    let count = unsafe recv(descriptor, &buffer, buffer.count, 0)
    return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
  }

  /// What has come so far.
  public func all() -> [String] {
    var messages: [String] = []
    while let message = next(seconds: 0) { messages.append(message) }
    return messages
  }

  deinit {
    close(descriptor)
    if name.hasPrefix("/") { unsafe unlink(name) }
  }
}
