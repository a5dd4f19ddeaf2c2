import CAvahi

/// Why services of the local network can't be found or announced.
public struct AvahiError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Code: Sendable {
    /// The library isn't on this machine.
    case noLibrary
    /// The daemon doesn't run, or D-Bus, by which it is reached, doesn't. It may come.
    case noDaemon
    case other
  }

  public let code: Code
  public let description: String

  init(_ number: Int32) {
    if number == Int32(TL_AVAHI_NO_LIBRARY) {
      code = .noLibrary
      description =
        "the library of Avahi isn't on this machine; on Debian and Ubuntu "
        + "'sudo apt install avahi-daemon libavahi-client3' brings what is needed"
    } else if tl_avahi_is_daemon_missing(number) {
      code = .noDaemon
      description =
        "no Avahi daemon runs on this machine; 'sudo systemctl start avahi-daemon' starts it, and on "
        + "Debian and Ubuntu 'sudo apt install avahi-daemon' installs it"
    } else {
      code = .other
      // The library's texts are constants.
      description = unsafe "Avahi says: \(String(cString: tl_avahi_error_text(number)))"
    }
  }
}
