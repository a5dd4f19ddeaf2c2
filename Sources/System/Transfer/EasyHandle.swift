import CCurl

/// libcurl's handle of one transfer, with the room for its words about a failure.
@safe struct EasyHandle: ~Copyable {
  private let handle: UnsafeMutableRawPointer
  private let message: UnsafeMutablePointer<CChar>

  // Once for the process: libcurl asks for it before any other call.
  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Nil where memory or libcurl's libraries fail.
  init?() {
    guard Self.isReady, let handle = unsafe curl_easy_init() else { return nil }
    unsafe self.handle = handle
    unsafe message = .allocate(capacity: Int(CURL_ERROR_SIZE))
    unsafe message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    useMessage()
  }

  deinit {
    unsafe curl_easy_cleanup(handle)
    unsafe message.deallocate()
  }

  /// Forgets all options, and keeps the connection for the next transfer.
  borrowing func reset() {
    unsafe curl_easy_reset(handle)
    unsafe message.pointee = 0
    useMessage()
  }

  /// The room outlives the handle: both are freed together.
  private borrowing func useMessage() {
    check(unsafe tl_curl_set_buffer(handle, CURLOPT_ERRORBUFFER, message))
  }

  /// Sets an option; libcurl copies the text.
  borrowing func set(_ option: CURLoption, _ text: String) {
    check(unsafe tl_curl_set_text(handle, option, text))
  }

  borrowing func set(_ option: CURLoption, _ number: Int) {
    check(unsafe tl_curl_set_number(handle, option, number))
  }

  /// HTTP and HTTPS, and no redirect from the second to the first.
  borrowing func restrictProtocols(beginsSecure: Bool) {
    check(unsafe tl_curl_set_protocols(handle, beginsSecure ? 1 : 0))
  }

  /// Carries out the transfer, with a reference to the receiving side for the callbacks' time.
  borrowing func perform(_ exchange: Exchange) -> CURLcode {
    let context = unsafe Unmanaged.passUnretained(exchange).toOpaque()
    unsafe tl_curl_set_callback(handle, CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
      unsafe Exchange.at(context).takeLine(bytes, size * count)
    }
    unsafe tl_curl_set_callback(handle, CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
      unsafe Exchange.at(context).takeBody(bytes, size * count)
    }
    unsafe tl_curl_set_progress(
      handle, { context, _, _, _, _ in unsafe Exchange.at(context).isWanted ? 0 : 1 }, context)
    unsafe tl_curl_set_buffer(handle, CURLOPT_HEADERDATA, context)
    unsafe tl_curl_set_buffer(handle, CURLOPT_WRITEDATA, context)
    // The callbacks come during this call alone, on this thread.
    return withExtendedLifetime(exchange) { unsafe curl_easy_perform(handle) }
  }

  /// libcurl's own words for what went wrong.
  borrowing func reason(for code: CURLcode) -> String {
    let own = unsafe String(cString: message)
    return own.isEmpty ? unsafe String(cString: curl_easy_strerror(code)) : own
  }

  /// Only memory can fail here, and options that this libcurl is too old for.
  private func check(_ code: CURLcode) {
    precondition(code == CURLE_OK, "libcurl refuses an option: error \(code.rawValue)")
  }
}
