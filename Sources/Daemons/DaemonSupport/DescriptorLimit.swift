import Glibc

/// How many descriptors this process may have open.
public enum DescriptorLimit {
  /// Raises it as far as the system lets this process: each connection takes one, a thousand
  /// workers have two thousand, and the usual limit is 1,024.
  public static func raise() {
    var limit = rlimit()
    unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = limit.rlim_max
    unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
