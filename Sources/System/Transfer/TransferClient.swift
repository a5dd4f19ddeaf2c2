import CCurl

/// Fetches one file after the other as ``Transfer`` does, over the same connection for as long as the
/// server keeps it.
public struct TransferClient: ~Copyable {
  /// Nil where libcurl can't be started.
  private let handle: EasyHandle?

  public init() { handle = EasyHandle() }

  /// Fetches a file, or what is left of it, and returns when all of that has been received.
  ///
  /// - Parameter offset: where to begin. A server may ignore that: its answer's head tells.
  public borrowing func get(
    _ address: String, from offset: Int = 0, limits: TransferLimits = TransferLimits(),
    into receiver: any TransferReceiver
  ) throws(TransferError) {
    switch handle {
    case .some(let handle):
      TransferClient.prepare(handle, address, offset, limits)
      try TransferClient.carryOut(handle, address, limits, receiver)
    case .none:
      throw TransferError(.unreachable, address: address, reason: "libcurl can't be started")
    }
  }

  private static func prepare(
    _ handle: borrowing EasyHandle, _ address: String, _ offset: Int, _ limits: TransferLimits
  ) {
    handle.reset()
    handle.set(CURLOPT_URL, address)
    handle.set(CURLOPT_USERAGENT, "tl")
    handle.restrictProtocols(beginsSecure: address.lowercased().hasPrefix("https:"))
    handle.set(CURLOPT_FOLLOWLOCATION, 1)
    handle.set(CURLOPT_MAXREDIRS, limits.redirectsMax)
    handle.set(CURLOPT_FAILONERROR, 1)
    // A proxy's own answer is no answer of the server.
    handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    // Signals belong to the process, not to this call.
    handle.set(CURLOPT_NOSIGNAL, 1)
    handle.set(CURLOPT_CONNECTTIMEOUT, limits.connectSeconds)
    handle.set(CURLOPT_LOW_SPEED_LIMIT, limits.slowestBytesPerSecond)
    handle.set(CURLOPT_LOW_SPEED_TIME, limits.stallSeconds)
    if let seconds = limits.secondsMax { handle.set(CURLOPT_TIMEOUT, seconds) }
    // Not CURLOPT_RESUME_FROM: that fails where a server sends the whole file, which is as good.
    if offset > 0 { handle.set(CURLOPT_RANGE, "\(offset)-") }
  }

  private static func carryOut(
    _ handle: borrowing EasyHandle, _ address: String, _ limits: TransferLimits,
    _ receiver: any TransferReceiver
  ) throws(TransferError) {
    let begin = ContinuousClock.now
    let exchange = Exchange(receiver)
    let code = handle.perform(exchange)
    if exchange.wasRefused || code == CURLE_ABORTED_BY_CALLBACK {
      throw TransferError(.refused, address: address, reason: "it is not the file asked for")
    }
    guard code == CURLE_OK else {
      let isOverdue = limits.secondsMax.map { ContinuousClock.now - begin >= .seconds($0) } ?? false
      let reason =
        isOverdue && code == CURLE_OPERATION_TIMEDOUT
        ? "it took longer than \(limits.secondsMax ?? 0) s"
        : plain(code, handle.reason(for: code), exchange.head, limits)
      throw TransferError(kind(code, exchange.head), address: address, reason: reason)
    }
    // An empty answer has no first byte.
    guard exchange.hasBegun || exchange.begin() else {
      throw TransferError(.refused, address: address, reason: "it is not the file asked for")
    }
  }

  private static func kind(_ code: CURLcode, _ head: AnswerHead) -> TransferError.Kind {
    switch code {
    case CURLE_HTTP_RETURNED_ERROR: .status(head.status)
    case CURLE_OPERATION_TIMEDOUT: head.status == 0 ? .unreachable : .stalled
    case CURLE_TOO_MANY_REDIRECTS, CURLE_UNSUPPORTED_PROTOCOL: .misdirected
    case CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_HTTP2, CURLE_HTTP2_STREAM,
      CURLE_SEND_ERROR, CURLE_WEIRD_SERVER_REPLY:
      .cutOff
    default: .unreachable
    }
  }

  /// Where a newcomer would stumble over libcurl's words, others.
  private static func plain(
    _ code: CURLcode, _ reason: String, _ head: AnswerHead, _ limits: TransferLimits
  ) -> String {
    switch code {
    case CURLE_HTTP_RETURNED_ERROR: "the server answers \(head.status)"
    case CURLE_PARTIAL_FILE,
      CURLE_RECV_ERROR where head.status != 0:
      "the connection ended before the file did"
    case CURLE_OPERATION_TIMEDOUT where head.status != 0:
      "nothing came for \(limits.stallSeconds) \(limits.stallSeconds == 1 ? "second" : "seconds")"
    case CURLE_TOO_MANY_REDIRECTS where limits.redirectsMax == 0:
      "the server says that it is elsewhere, at \(head.location ?? "no place")"
    case CURLE_TOO_MANY_REDIRECTS: "it is redirected more than \(limits.redirectsMax) times"
    case CURLE_UNSUPPORTED_PROTOCOL where head.location != nil:
      "it is redirected to what is no address of HTTP or HTTPS"
    case CURLE_UNSUPPORTED_PROTOCOL:
      "it is no address of HTTP or HTTPS, or what answers there speaks neither"
    case CURLE_OUT_OF_MEMORY: "the server's answer has too long a head, or no memory is left"
    default: reason
    }
  }
}
