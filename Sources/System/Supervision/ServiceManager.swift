import Glibc

/// The service manager that started this process (systemd), where it asked to be told how the process
/// is doing: datagrams of `NAME=value` lines to the Unix socket that `NOTIFY_SOCKET` names, as
/// sd_notify(3) describes them. Where nobody asked, nothing is sent.
public struct ServiceManager: Sendable {
  /// The socket's address as the kernel takes it: a path, or a name that begins with a 0.
  private let address: [UInt8]
  /// The longest time between two signs of life; nil where none are expected.
  private let watchdogNanoseconds: UInt64?
  private var lastAliveNanoseconds: UInt64?

  /// What a service manager adds to the environment of a process. It is for that one alone: who
  /// starts another leaves these out.
  public static let variables = ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]

  /// The kernel's limit on a Unix socket's address.
  private static let addressBytesMax = 108
  /// Signs of life are sent this many times as often as they must, so that a lost one or a busy
  /// machine is no end.
  private static let signsForEachInterval: UInt64 = 4

  /// Nil where no service manager listens, or only in a way that this build doesn't know.
  public init?(_ environment: [String: String]) {
    guard let text = environment["NOTIFY_SOCKET"], let first = text.utf8.first else { return nil }
    var address = Array(text.utf8)
    guard address.count <= ServiceManager.addressBytesMax, !address.contains(0) else { return nil }
    switch first {
    case UInt8(ascii: "/"): break
    case UInt8(ascii: "@"): address[0] = 0
    default: return nil
    }
    self.address = address
    let isForThis = environment["WATCHDOG_PID"].map { $0 == "\(getpid())" } ?? true
    let microseconds = environment["WATCHDOG_USEC"].flatMap { UInt64($0) } ?? 0
    let (nanoseconds, overflows) = microseconds.multipliedReportingOverflow(by: 1000)
    watchdogNanoseconds = isForThis && microseconds > 0 && !overflows ? nanoseconds : nil
  }

  /// The service does what it is for from now on, or waits for that.
  ///
  /// - Parameter status: a line for people, who see it in `systemctl status`.
  public func tellReady(status: String) {
    // Nobody would say it again, so this waits where the manager is busy.
    _ = send("READY=1\nSTATUS=\(ServiceManager.line(status))", waits: true)
  }

  /// What the service is doing, a line for people.
  public func tell(status: String) {
    _ = send("STATUS=\(ServiceManager.line(status))", waits: false)
  }

  /// The service has begun to end.
  public func tellStopping() { _ = send("STOPPING=1", waits: false) }

  /// A sign of life, when one is due: call it from the loop whose standstill should be noticed.
  ///
  /// - Parameter now: of a clock that never runs back.
  public mutating func tick(nanoseconds now: UInt64) {
    guard let watchdogNanoseconds else { return }
    if let last = lastAliveNanoseconds,
      now - last < watchdogNanoseconds / ServiceManager.signsForEachInterval
    {
      return
    }
    // One that found no room is tried again with the next tick.
    if send("WATCHDOG=1", waits: false) { lastAliveNanoseconds = now }
  }

  private static func line(_ text: String) -> String {
    String(text.prefix(200)).split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// - Returns: whether it was taken. A manager that is gone is no trouble of this process.
  private func send(_ text: String, waits: Bool) -> Bool {
    let descriptor = socket(
      AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var name = sockaddr_un()
    name.sun_family = sa_family_t(AF_UNIX)
    // The initializer has seen to it that the address fits.
    unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: address) }
    let nameBytes = MemoryLayout<sockaddr_un>.size - ServiceManager.addressBytesMax + address.count
    let bytes = Array(text.utf8)
    let flags = Int32(MSG_NOSIGNAL) | (waits ? 0 : Int32(MSG_DONTWAIT))
    // The kernel reads the text and the address, of which it is given the lengths.
    let count = unsafe withUnsafePointer(to: &name) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe bytes.withUnsafeBytes { buffer in
          unsafe sendto(
            descriptor, buffer.baseAddress, buffer.count, flags, address, socklen_t(nameBytes))
        }
      }
    }
    return count == bytes.count
  }
}
