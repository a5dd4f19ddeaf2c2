import CCurl

/// Whoever takes the bytes of a transfer, on the thread that asked for it.
public protocol TransferReceiver: AnyObject {
  /// The server's answer, before the first byte; false ends the transfer.
  func begin(_ head: AnswerHead) -> Bool
  /// The next bytes; false ends the transfer.
  func receive(_ bytes: RawSpan) -> Bool
}

/// Fetches files over HTTP and HTTPS, through the proxy that the environment names (`http_proxy`,
/// `https_proxy`, `no_proxy`).
public enum Transfer {
  /// Fetches a file, or what is left of it, and returns when all of that has been received.
  ///
  /// - Parameter offset: where to begin. A server may ignore that: its answer's head tells.
  public static func get(
    _ address: String, from offset: Int = 0, limits: TransferLimits = TransferLimits(),
    into receiver: any TransferReceiver
  ) throws(TransferError) {
    guard let handle = EasyHandle() else {
      throw TransferError(.unreachable, address: address, reason: "libcurl can't be started")
    }
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
    // Not CURLOPT_RESUME_FROM: that fails where a server sends the whole file, which is as good.
    if offset > 0 { handle.set(CURLOPT_RANGE, "\(offset)-") }

    let exchange = Exchange(receiver)
    let code = handle.perform(exchange)
    if exchange.wasRefused {
      throw TransferError(.refused, address: address, reason: "it is not the file asked for")
    }
    guard code == CURLE_OK else {
      let reason = handle.reason(for: code)
      throw TransferError(
        kind(code, exchange.head), address: address, reason: plain(code, reason, exchange, limits))
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
    _ code: CURLcode, _ reason: String, _ exchange: Exchange, _ limits: TransferLimits
  ) -> String {
    switch code {
    case CURLE_HTTP_RETURNED_ERROR: "the server answers \(exchange.head.status)"
    case CURLE_PARTIAL_FILE,
      CURLE_RECV_ERROR where exchange.head.status != 0:
      "the connection ended before the file did"
    case CURLE_OPERATION_TIMEDOUT where exchange.head.status != 0:
      "nothing came for \(limits.stallSeconds) seconds"
    case CURLE_TOO_MANY_REDIRECTS: "it is redirected more than \(limits.redirectsMax) times"
    case CURLE_UNSUPPORTED_PROTOCOL: "it is no address of HTTP or HTTPS, or redirected to one"
    default: reason
    }
  }
}

/// The receiving side of one transfer, as libcurl's callbacks see it.
final class Exchange {
  private(set) var head = AnswerHead()
  private(set) var hasBegun = false
  /// Whether the receiver ended it.
  private(set) var wasRefused = false
  private let receiver: any TransferReceiver

  init(_ receiver: any TransferReceiver) { self.receiver = receiver }

  /// The object that a callback was given.
  static func at(_ context: UnsafeMutableRawPointer?) -> Exchange {
    guard let context = unsafe context else {
      preconditionFailure("a callback without its context")
    }
    // perform passed it, and keeps it alive until libcurl returns.
    return unsafe Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
  }

  func begin() -> Bool {
    hasBegun = true
    wasRefused = !receiver.begin(head)
    return !wasRefused
  }

  /// Returns how much was taken: all of it.
  func takeLine(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    // libcurl's buffer, for the time of the call.
    let line = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    head.take(line: unsafe String(decoding: line, as: UTF8.self))
    return count
  }

  /// Returns how much was taken: anything but all of it ends the transfer.
  func takeBody(_ bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard hasBegun || begin() else { return 0 }
    // libcurl's buffer, for the time of the call.
    let body = unsafe UnsafeRawBufferPointer(start: bytes, count: count)
    wasRefused = unsafe !receiver.receive(body.bytes)
    // A refused transfer of nothing would look like a taken one.
    return wasRefused ? (count == 0 ? 1 : 0) : count
  }
}
