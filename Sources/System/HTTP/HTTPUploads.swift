/// What clients may send to a server: bodies within limits, which are handed over whole.
public struct HTTPUploads: Sendable {
  /// To which they are posted.
  public let paths: Set<String>
  /// The longest body.
  public let bodyBytesMax: Int
  /// Of all bodies that are here at once, on their way, waiting or worked on.
  public let bodyBytesInAllMax: Int
  /// What to answer instead of reading the body, by the head of the request; nil where it is to come.
  /// Called on the server's thread: it must return at once.
  public let refusal: @Sendable (_ head: HTTPRequest) -> HTTPAnswer?
  /// Gets the request with its body, on the server's thread, and must return at once. The connection
  /// waits until the reply is given, on whatever thread.
  public let handler: @Sendable (HTTPRequest, HTTPReply) -> Void
  /// A sentence of the server as this path's clients want it.
  public let worded: @Sendable (_ status: Int, _ sentence: String) -> (type: String, body: [UInt8])

  public init(
    paths: Set<String>, bodyBytesMax: Int, bodyBytesInAllMax: Int,
    refusal: @escaping @Sendable (_ head: HTTPRequest) -> HTTPAnswer? = { _ in nil },
    worded:
      @escaping @Sendable (_ status: Int, _ sentence: String) -> (type: String, body: [UInt8]) = {
        ("text/plain; charset=utf-8", Array(($1 + "\n").utf8))
      },
    handler: @escaping @Sendable (HTTPRequest, HTTPReply) -> Void
  ) {
    self.paths = paths
    self.bodyBytesMax = bodyBytesMax
    self.bodyBytesInAllMax = bodyBytesInAllMax
    self.refusal = refusal
    self.handler = handler
    self.worded = worded
  }

  /// So much of a body that is refused is read and dropped: closing a connection on which something
  /// lies unread takes the answer from the client.
  var droppedBytesMax: Int { 2 * bodyBytesMax }
}

/// The place for the answer to a request. Whoever has it must answer, once.
public struct HTTPReply: Sendable {
  let exchange: OpenExchange

  /// Sends an answer; on any thread. Where the client or the server has gone, nothing happens.
  public func send(_ answer: HTTPAnswer) { exchange.reply(answer) }
}
