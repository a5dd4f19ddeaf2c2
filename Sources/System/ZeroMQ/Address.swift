/// Where a socket listens or connects: over the network, or within this machine.
public enum Address: Hashable, Sendable, CustomStringConvertible {
  case network(Endpoint)
  /// A Unix socket, by its path of at most `pathBytesMax` bytes. Who may connect is who may enter
  /// its folder.
  case local(path: String)

  /// The kernel's limit is 108 bytes with the zero at the end.
  public static let pathBytesMax = 107

  public var description: String {
    switch self {
    case .network(let endpoint): endpoint.description
    case .local(let path): path
    }
  }

  /// The form that the library reads.
  var url: String {
    switch self {
    case .network(let endpoint): endpoint.url
    case .local(let path): "ipc://\(path)"
    }
  }
}
