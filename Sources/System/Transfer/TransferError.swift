/// Why a file didn't come, or not all of it.
public struct TransferError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Kind: Equatable, Sendable {
    /// No connection: the name isn't known, nobody listens, there is no network, or TLS failed.
    case unreachable
    /// The server's answer, such as 404.
    case status(Int)
    /// The connection ended before the file did.
    case cutOff
    /// Nothing, or nearly nothing, came for longer than ``TransferLimits/stallSeconds``, or not all
    /// within ``TransferLimits/secondsMax``.
    case stalled
    /// More redirects than ``TransferLimits/redirectsMax``, or one to something else than HTTP.
    case misdirected
    /// What came isn't what was asked for, or is no longer wanted: the receiver ended the transfer.
    case refused
  }

  public let kind: Kind
  public let address: String
  /// In plain words, without the address.
  public let reason: String

  public init(_ kind: Kind, address: String, reason: String) {
    self.kind = kind
    self.address = address
    self.reason = reason
  }

  public var description: String { "\(address): \(reason)" }

  /// Whether the same request may succeed a moment later.
  public var mayPass: Bool {
    switch kind {
    case .cutOff, .stalled: true
    case .status(let status): status == 429 || status >= 500
    case .unreachable, .misdirected, .refused: false
    }
  }
}
