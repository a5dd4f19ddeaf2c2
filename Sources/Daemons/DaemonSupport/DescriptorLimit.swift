import Glibc
import ZeroMQ

/// How many descriptors this process may have open.
public enum DescriptorLimit {
  /// What a daemon needs of its own: the sockets and the wake-up calls of threads, files, the
  /// feature store. libzmq ends the process where it gets none in the middle of something.
  public static let countMin = 64

  /// Raises the limit as far as the system lets this process: each connection takes one, a thousand
  /// workers have two thousand, and the usual limit is 1,024. Call it before anything is opened.
  ///
  /// - Returns: what to say where even that is too few.
  public static func raise() -> String? {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    guard limit.rlim_max < countMin else { return nil }
    return "this process may have \(limit.rlim_max) files and connections open and needs at least "
      + "\(countMin); raise the limit with `ulimit -n 1024`"
  }

  /// How many this process may have open now.
  public static var count: Int {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    return Int(clamping: limit.rlim_cur)
  }

  /// How many of them connections over the network never get: an eighth, 16 at least and 128 at most.
  public static var reserve: Int { min(max(count / 8, 16), 128) }

  /// Keeps the reserve for files and for this user's own processes, however many strangers connect.
  public static func keepReserveFromNetwork() {
    AcceptedConnections.keepFromNetwork(descriptors: reserve)
  }

  /// Whether nothing but the reserve is left. The lowest descriptor that is free is as many as are
  /// open, if those below it are.
  public static var isReached: Bool {
    let lowest = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    guard lowest >= 0 else { return true }
    close(lowest)
    return Int(lowest) + reserve >= count
  }
}
