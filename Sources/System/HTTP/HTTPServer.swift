import CMicrohttpd
import Glibc

/// How much a server does for others.
public struct HTTPLimits: Sendable {
  /// At once; further ones wait until one ends.
  public var connectionsMax = 64
  /// At once, from one address; further ones are turned away.
  public var connectionsPerAddressMax = 32
  /// The longest head of a request, with what the server needs to read it.
  public var requestBytesMax = 16 << 10
  /// For one whole exchange, and between two.
  public var exchangeSeconds = 30

  public init() {}
}

/// Answers GET and HEAD over HTTP/1.1, on one thread of its own. It knows no files: what is answered is a
/// value that its handler returns.
@safe public final class HTTPServer {
  /// The port that was taken.
  public let port: UInt16
  /// Whether only this machine can reach it.
  public let isLoopback: Bool
  public let connections: HTTPConnections
  private let context: Context
  private let daemon: OpaquePointer

  /// What the library's thread works with.
  private final class Context: Sendable {
    let connections = HTTPConnections()
    let handler: @Sendable (HTTPRequest) -> HTTPAnswer

    init(_ handler: @escaping @Sendable (HTTPRequest) -> HTTPAnswer) { self.handler = handler }

    /// The object that a callback was given.
    static func at(_ pointer: UnsafeMutableRawPointer?) -> Context {
      guard let pointer = unsafe pointer else {
        preconditionFailure("a callback without its context")
      }
      // The server keeps it alive until the library has stopped.
      return unsafe Unmanaged<Context>.fromOpaque(pointer).takeUnretainedValue()
    }
  }

  /// Listens, and answers from now on.
  ///
  /// - Parameters:
  ///   - admission: makes, of the port that was taken and whether others can reach it, who is answered.
  ///   - handler: called on the server's thread, for requests that are admitted: it must return at once.
  public init(
    host: String, port: UInt16, limits: HTTPLimits = HTTPLimits(),
    admission: (_ port: UInt16, _ isLoopback: Bool) -> HTTPAdmission,
    handler: @escaping @Sendable (HTTPRequest) -> HTTPAnswer
  ) throws(HTTPServerError) {
    let socket = try ListeningSocket(host: host, port: port)
    (self.port, isLoopback) = (socket.port, socket.isLoopback)
    let admission = admission(socket.port, socket.isLoopback)
    let context = Context { admission.refusal(of: $0) ?? handler($0) }
    self.context = context
    connections = context.connections
    let descriptor = socket.take()
    let daemon = unsafe Self.withSignalsBlocked {
      // The context outlives the daemon: both belong to this object, whose end stops the daemon first.
      unsafe tl_http_start(
        descriptor,
        tl_http_limits(
          request_bytes: limits.requestBytesMax, connections: UInt32(limits.connectionsMax),
          connections_an_address: UInt32(limits.connectionsPerAddressMax),
          idle_seconds: UInt32(limits.exchangeSeconds)),
        { context, connection, path, method, _, _, _, state in
          guard let connection = unsafe connection, let state = unsafe state else { return .NO }
          // At the first call for a request the answer would end the connection, as it must where a
          // body is on its way, which nobody reads. Without one there is a second.
          if unsafe state.pointee == nil, unsafe !HTTPServer.hasBody(connection) {
            unsafe state.pointee = context
            return .YES
          }
          return unsafe HTTPServer.answer(Context.at(context), connection, path, method)
        },
        { context, connection, _, kind in
          guard let connection = unsafe connection else { return }
          let connections = unsafe Context.at(context).connections
          let number = UInt(bitPattern: connection)
          if tl_http_has_started(kind) != 0 {
            connections.add(number, descriptor: unsafe tl_http_descriptor(connection))
          } else {
            connections.remove(number)
          }
        },
        { context, connection, _, _ in
          unsafe Context.at(context).connections.noteExchange(UInt(bitPattern: connection))
        }, Unmanaged.passUnretained(context).toOpaque())
    }
    guard let daemon = unsafe daemon else {
      close(descriptor)
      throw HTTPServerError(
        description: "--http: no thread or descriptor is left; raise the limits with `ulimit`")
    }
    unsafe self.daemon = daemon
  }

  /// Hangs up on everybody.
  deinit { unsafe MHD_stop_daemon(daemon) }

  /// The library's thread takes no signals: those go to the thread that expects them.
  private static func withSignalsBlocked(_ body: () -> OpaquePointer?) -> OpaquePointer? {
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    return unsafe body()
  }

  // MARK: Answering

  private static func answer(
    _ context: Context, _ connection: OpaquePointer, _ path: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?
  ) -> MHD_Result {
    // The library's texts live as long as the request.
    func header(_ name: String) -> String? {
      unsafe text(tl_http_field(connection, name))
    }
    let request = unsafe HTTPRequest(
      method: text(method) ?? "", path: text(path) ?? "",
      key: text(tl_http_argument(connection, "key")),
      host: header("Host"), cookie: header("Cookie"), authorization: header("Authorization"),
      ifNoneMatch: header("If-None-Match"))
    return unsafe send(context.handler(request), connection)
  }

  private static func hasBody(_ connection: OpaquePointer) -> Bool {
    unsafe tl_http_field(connection, "Content-Length") != nil
      || tl_http_field(connection, "Transfer-Encoding") != nil
  }

  private static func text(_ pointer: UnsafePointer<CChar>?) -> String? {
    guard let pointer = unsafe pointer else { return nil }
    return unsafe String(cString: pointer)
  }

  private static func send(_ answer: HTTPAnswer, _ connection: OpaquePointer) -> MHD_Result {
    // The library copies the bytes, and frees its own answer when it is sent.
    let response = unsafe answer.body.withUnsafeBytes { bytes in
      unsafe tl_http_answer(bytes.baseAddress, bytes.count)
    }
    guard let response = unsafe response else { return .NO }
    defer { unsafe MHD_destroy_response(response) }
    for field in answer.fields + HTTPAnswer.everywhere(besides: answer) {
      guard unsafe tl_http_add_field(response, field.name, field.value) != 0 else {
        preconditionFailure("\(field.name) can't be a field of an answer")
      }
    }
    return unsafe MHD_queue_response(connection, UInt32(answer.status), response)
  }
}
