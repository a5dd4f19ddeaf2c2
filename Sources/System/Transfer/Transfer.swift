/// Whoever takes the bytes of a transfer, on the thread that asked for it.
public protocol TransferReceiver: AnyObject {
  /// The server's answer, before the first byte; false ends the transfer.
  func begin(_ head: AnswerHead) -> Bool
  /// The next bytes; false ends the transfer.
  func receive(_ bytes: RawSpan) -> Bool
  /// Asked at least once a second, also where nothing comes; false ends the transfer.
  var isWanted: Bool { get }
}

extension TransferReceiver {
  public var isWanted: Bool { true }
}

/// Fetches a file over HTTP or HTTPS, through the proxy that the environment names (`http_proxy`,
/// `https_proxy`, `no_proxy`).
public enum Transfer {
  /// Fetches a file, or what is left of it, and returns when all of that has been received.
  ///
  /// - Parameter offset: where to begin. A server may ignore that: its answer's head tells.
  public static func get(
    _ address: String, from offset: Int = 0, limits: TransferLimits = TransferLimits(),
    into receiver: any TransferReceiver
  ) throws(TransferError) {
    try TransferClient().get(address, from: offset, limits: limits, into: receiver)
  }
}
