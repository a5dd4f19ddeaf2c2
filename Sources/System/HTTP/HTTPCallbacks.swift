import CMicrohttpd
import Glibc
import Synchronization

/// What the library's thread works with.
final class HTTPContext: Sendable {
  let connections = HTTPConnections()
  let exchanges = OpenExchanges()
  private let admission: HTTPAdmission
  private let limits: HTTPLimits
  private let uploads: HTTPUploads?
  private let handler: @Sendable (HTTPRequest, HTTPCounts) -> HTTPAnswer

  init(
    _ admission: HTTPAdmission, _ limits: HTTPLimits, _ uploads: HTTPUploads?,
    _ handler: @escaping @Sendable (HTTPRequest, HTTPCounts) -> HTTPAnswer
  ) {
    self.admission = admission
    self.limits = limits
    self.uploads = uploads
    self.handler = handler
  }

  static let ending = HTTPAnswer.text(
    503, "The server is about to end; ask again when it is back.",
    fields: [.init("Retry-After", "5")])

  private static let ambiguous = HTTPAnswer.text(
    400, "The request names its host, or the length of its body, more than once.",
    fields: [.init("Connection", "close")])

  private static let unknownCoding = HTTPAnswer.text(
    501, "A body may come as it is or with 'Transfer-Encoding: chunked', in no other coding.",
    fields: [.init("Connection", "close")])

  // MARK: What the library asks

  /// Called when the address of a request is here, before the library takes it apart. Where there is more
  /// behind its question mark than the library can keep, the answer goes past it.
  func look(at address: UnsafePointer<CChar>?, _ connection: OpaquePointer) {
    guard let query = unsafe tl_http_query(address) else { return }
    // The library's text lives as long as this call.
    let bytes = unsafe UnsafeRawBufferPointer(start: query, count: strlen(query))
    let separators = unsafe bytes.lazy.filter { $0 == UInt8(ascii: "&") }.count
    guard bytes.count > limits.queryBytesMax || separators >= limits.argumentsMax else { return }
    let answer = HTTPAnswer.text(
      414,
      "Behind the question mark of an address may be \(limits.queryBytesMax) bytes and "
        + "\(limits.argumentsMax) arguments, no more.", fields: [.init("Connection", "close")])
    exchanges.noteAtOnce(status: answer.status)
    connections.refuse(UInt(bitPattern: connection), answer.wholeMessage)
  }

  /// Called when the head of a request is here, with each piece of its body, and at its end.
  func take(
    _ connection: OpaquePointer, _ path: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?,
    _ piece: UnsafePointer<CChar>?, _ byteCount: UnsafeMutablePointer<Int>,
    _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>
  ) -> MHD_Result {
    guard let pointer = unsafe state.pointee else {
      guard !connections.isRefused(UInt(bitPattern: connection)) else { return .NO }
      let head = unsafe RequestHead(connection, path, method)
      switch begin(head) {
      case .answerAtOnce(let answer):
        // That ends the connection, and the body that is on its way.
        exchanges.noteAtOnce(status: answer.status)
        return unsafe send(answer, connection)
      case .exchange(let exchange):
        exchanges.add(exchange)
        // Released when the library tells that the exchange has ended.
        unsafe state.pointee = Unmanaged.passRetained(exchange).toOpaque()
        return .YES
      }
    }
    let exchange = unsafe Unmanaged<OpenExchange>.fromOpaque(pointer).takeUnretainedValue()
    if let uploads, unsafe byteCount.pointee > 0 {
      let bytes = unsafe UnsafeRawBufferPointer(start: piece, count: byteCount.pointee)
      unsafe byteCount.pointee = 0
      let goesOn = unsafe exchange.receive(bytes, limits: uploads) { count, total in
        refusal(of: count, total, uploads)
      }
      return goesOn ? .YES : .NO
    }
    switch unsafe exchange.turn(connection) {
    case .wait: return .YES
    case .answer(let answer): return unsafe send(answer, connection)
    case .handOver(let request):
      let reply = HTTPReply(exchange: exchange)
      // Whoever closes the server answers all that wait, and looks at no later ones.
      if exchanges.isClosed {
        reply.send(worded(Self.ending, request))
      } else {
        uploads?.handler(request, reply)
      }
      return .YES
    }
  }

  /// An exchange has ended, with its answer or without.
  func end(
    _ connection: OpaquePointer, _ state: UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    isWhole: Bool
  ) {
    connections.noteExchange(UInt(bitPattern: connection))
    guard let state = unsafe state, let pointer = unsafe state.pointee else { return }
    unsafe state.pointee = nil
    exchanges.remove(
      unsafe Unmanaged<OpenExchange>.fromOpaque(pointer).takeRetainedValue(), isWhole: isWhole)
  }

  // MARK: What becomes of a request

  private enum Beginning {
    case exchange(OpenExchange)
    /// Nobody will read the body.
    case answerAtOnce(HTTPAnswer)
  }

  private func begin(_ head: RequestHead) -> Beginning {
    guard !head.isAmbiguous else { return .answerAtOnce(worded(Self.ambiguous, head.request)) }
    guard head.hasKnownCoding else {
      return .answerAtOnce(worded(Self.unknownCoding, head.request))
    }
    var answer = refusal(of: head)
    if answer == nil, !isUpload(head) { answer = handler(head.request, exchanges.counts) }
    answer = answer.map { worded($0, head.request) }
    if let answer, head.hasBody {
      // A client that asked whether to send its body is told now, others when they have sent it.
      guard let uploads, !head.expectsContinue, (head.bodyBytes ?? 0) <= uploads.droppedBytesMax
      else { return .answerAtOnce(answer) }
    }
    return .exchange(
      OpenExchange(
        head.request, announcedBytes: head.bodyBytes, answer: answer, connections: connections))
  }

  private func isUpload(_ head: RequestHead) -> Bool {
    head.request.method == "POST" && uploads?.paths.contains(head.request.path) ?? false
  }

  private func refusal(of head: RequestHead) -> HTTPAnswer? {
    if let refusal = admission.refusal(of: head.request) { return refusal }
    guard let uploads, isUpload(head) else { return nil }
    guard !exchanges.isEnding else { return Self.ending }
    guard (head.bodyBytes ?? 0) <= uploads.bodyBytesMax else { return tooLong(uploads) }
    return uploads.refusal(head.request)
  }

  /// Of a piece of a body that has come.
  private func refusal(of count: Int, _ total: Int, _ uploads: HTTPUploads) -> HTTPAnswer? {
    guard total <= uploads.bodyBytesMax else { return tooLong(uploads) }
    guard exchanges.takeBytes(count, upTo: uploads.bodyBytesInAllMax) else {
      return busy(uploads)
    }
    return nil
  }

  private func tooLong(_ uploads: HTTPUploads) -> HTTPAnswer {
    let (type, body) = uploads.worded(
      413, "The body is too long: at most \(uploads.bodyBytesMax) bytes are read.")
    return HTTPAnswer(status: 413, type: type, body: body)
  }

  private func busy(_ uploads: HTTPUploads) -> HTTPAnswer {
    let (type, body) = uploads.worded(503, "Too much is being sent at once; try again.")
    return HTTPAnswer(
      status: 503, type: type, body: body, fields: [.init("Retry-After", "1")])
  }

  /// The server's own sentences in the form that clients of the path expect.
  private func worded(_ answer: HTTPAnswer, _ request: HTTPRequest) -> HTTPAnswer {
    guard let uploads, let sentence = answer.sentence, uploads.paths.contains(request.path) else {
      return answer
    }
    let (type, body) = uploads.worded(answer.status, sentence)
    var answer = answer
    answer.body = body
    answer.fields = answer.fields.map {
      $0.name == HTTPAnswer.typeName ? .init(HTTPAnswer.typeName, type) : $0
    }
    return answer
  }

  // MARK: Sending

  private func send(_ answer: HTTPAnswer, _ connection: OpaquePointer) -> MHD_Result {
    // The library copies the bytes, and frees its own answer when it is sent.
    let response = unsafe answer.body.withUnsafeBytes { bytes in
      unsafe tl_http_answer(bytes.baseAddress, bytes.count)
    }
    guard let response = unsafe response else { return .NO }
    defer { unsafe MHD_destroy_response(response) }
    let last = exchanges.isEnding ? [HTTPAnswer.Field("Connection", "close")] : []
    for field in answer.fields + HTTPAnswer.everywhere(besides: answer) + last {
      guard unsafe tl_http_add_field(response, field.name, field.value) != 0 else {
        preconditionFailure("\(field.name) can't be a field of an answer")
      }
    }
    return unsafe MHD_queue_response(connection, UInt32(answer.status), response)
  }
}

/// A request without its body, and what it says of that.
struct RequestHead {
  let request: HTTPRequest
  let hasBody: Bool
  /// As announced; nil where it comes in chunks.
  let bodyBytes: Int?
  /// Whether the client waits to hear that its body is wanted.
  let expectsContinue: Bool
  /// Whether the end of the body can be found; the library would wait for that of the connection.
  let hasKnownCoding: Bool
  /// Whether a proxy before the server may have read it as another request, see RFC 9112, 3.2 and 6.3.
  let isAmbiguous: Bool

  init(
    _ connection: OpaquePointer, _ path: UnsafePointer<CChar>?, _ method: UnsafePointer<CChar>?
  ) {
    // The library's texts live as long as the request.
    func field(_ name: String) -> String? { unsafe Self.text(tl_http_field(connection, name)) }
    request = unsafe HTTPRequest(
      method: Self.text(method) ?? "", path: Self.text(path) ?? "",
      key: Self.text(tl_http_argument(connection, "key")),
      host: field("Host"), origin: field("Origin"), cookie: field("Cookie"),
      authorization: field("Authorization"), ifNoneMatch: field("If-None-Match"),
      contentType: field("Content-Type"), contentEncoding: field("Content-Encoding"))
    let length = field("Content-Length")
    let coding = field("Transfer-Encoding")
    let isChunked = coding != nil
    hasKnownCoding = coding.map { $0.lowercased() == "chunked" } ?? true
    hasBody = length != nil || isChunked
    // The library has refused what is no length; one beyond all numbers is longer than any limit.
    bodyBytes = isChunked ? nil : length.map { Int($0) ?? .max }
    expectsContinue = field("Expect") != nil
    func count(_ name: String) -> Int32 { unsafe tl_http_field_count(connection, name) }
    isAmbiguous =
      count("Host") > 1 || count("Transfer-Encoding") > 1
      || count("Content-Length") + (isChunked ? 1 : 0) > 1
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(cString: pointer)
  }
}
