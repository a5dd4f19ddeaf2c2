import CZeroMQ

/// What libzmq refused to do, and what to do about it.
///
/// "Try again later" is no error here: operations that may find nothing to do say so in their
/// result.
public struct ZeroMQError: Error, Equatable, CustomStringConvertible {
  public enum Code: Equatable, Sendable {
    /// Another process listens on the address.
    case addressInUse
    /// The address belongs to no interface of this machine, or its name can't be resolved.
    case addressNotAvailable
    /// There is no host of this name.
    case unknownHost
    /// Not of the form that libzmq understands, such as `tcp://host:port`.
    case invalidEndpoint
    /// The path of a Unix socket has more bytes than the kernel takes.
    case pathTooLong
    /// The process may not bind the port.
    case permissionDenied
    /// The process or the context has no more descriptors or sockets to give.
    case tooManySockets
    /// Anything else, with the `errno` of the library.
    case other(Int32)
  }

  public let code: Code
  /// What was tried, such as `bind`.
  public let operation: String
  /// The endpoint, where there is one.
  public let endpoint: String?
  private let reason: String

  /// The error that the library left for the last call on this thread.
  static func last(_ operation: String, address: Address? = nil) -> ZeroMQError {
    let number = zmq_errno()
    // Safe: the library returns a static, terminated string for every number.
    let reason = unsafe String(cString: zmq_strerror(number))
    return ZeroMQError(
      code: Code(errorNumber: number), operation: operation, endpoint: address?.description,
      reason: reason)
  }

  static func unknownHost(_ endpoint: Endpoint) -> ZeroMQError {
    ZeroMQError(
      code: .unknownHost, operation: "look up", endpoint: endpoint.host, reason: "unknown host")
  }

  static func invalidEndpoint(_ text: String) -> ZeroMQError {
    ZeroMQError(
      code: .invalidEndpoint, operation: "read", endpoint: text, reason: "not HOST:PORT")
  }

  public var description: String {
    let address = endpoint ?? "the socket"
    switch code {
    case .addressInUse:
      return
        "\(address) is in use by another process; choose another port, or port 0 for a free one"
    case .addressNotAvailable:
      return "\(address) is not an address of this machine; use one of its own, or 0.0.0.0 for all"
    case .unknownHost:
      return "there is no host named '\(address)'; check its spelling, or give its numeric address"
    case .invalidEndpoint:
      return "\(address) is not a valid address; write it as HOST:PORT"
    case .pathTooLong:
      return
        "\(address) is too long a path for a Unix socket; set XDG_RUNTIME_DIR to a shorter one"
    case .permissionDenied:
      return "no permission to \(operation) \(address); ports below 1024 need privileges"
    case .tooManySockets:
      return "no more sockets for \(address); raise the limit with `ulimit -n`"
    case .other:
      return "cannot \(operation) \(address): \(reason)"
    }
  }
}

extension ZeroMQError.Code {
  fileprivate init(errorNumber: Int32) {
    self =
      switch errorNumber {
      case EADDRINUSE: .addressInUse
      case EADDRNOTAVAIL, ENODEV: .addressNotAvailable
      case EINVAL, EPROTONOSUPPORT, ENOCOMPATPROTO: .invalidEndpoint
      case ENAMETOOLONG: .pathTooLong
      case EACCES: .permissionDenied
      case EMFILE, ENFILE: .tooManySockets
      default: .other(errorNumber)
      }
  }
}
