import CMicrohttpd
import Glibc

/// Answers requests over HTTP/1.1, on one thread of its own: GET and HEAD, and what its uploads admit. It
/// knows no files: what is answered is a value that its handlers return.
@safe public final class HTTPServer {
  /// The port that was taken.
  public let port: UInt16
  /// Whether only this machine can reach it.
  public let isLoopback: Bool
  public var connections: HTTPConnections { context.connections }
  public var counts: HTTPCounts { context.exchanges.counts }
  private let context: HTTPContext
  private let daemon: OpaquePointer

  /// Listens, and answers from now on.
  ///
  /// - Parameters:
  ///   - admission: makes, of the port that was taken and whether others can reach it, who is answered.
  ///   - uploads: what may be sent here; nil where no body is ever read.
  ///   - handler: called on the server's thread, for requests that are admitted and no uploads, with what
  ///     the server has done so far: it must return at once.
  public init(
    host: String, port: UInt16, limits: HTTPLimits = HTTPLimits(), uploads: HTTPUploads? = nil,
    admission: (_ port: UInt16, _ isLoopback: Bool) -> HTTPAdmission,
    handler: @escaping @Sendable (HTTPRequest, HTTPCounts) -> HTTPAnswer
  ) throws(HTTPServerError) {
    let socket = try ListeningSocket(host: host, port: port)
    (self.port, isLoopback) = (socket.port, socket.isLoopback)
    let context = HTTPContext(
      admission(socket.port, socket.isLoopback), limits, uploads, handler)
    self.context = context
    let descriptor = socket.take()
    guard let daemon = unsafe Self.start(context, descriptor, limits) else {
      close(descriptor)
      throw HTTPServerError(
        description: "--http: no thread or descriptor is left; raise the limits with `ulimit`")
    }
    unsafe self.daemon = daemon
  }

  /// Takes no new connection and no new body from now on; what is under way goes on.
  ///
  /// - Parameter whenDone: called once or more when every request that had begun is answered, here or on
  ///   the server's thread.
  public func beginToEnd(whenDone: @escaping @Sendable () -> Void) {
    let descriptor = unsafe MHD_quiesce_daemon(daemon)
    if descriptor >= 0 { close(descriptor) }
    context.exchanges.beginToEnd(whenDone: whenDone)
  }

  /// Hangs up on everybody.
  deinit {
    // The library insists that no connection waits when it stops.
    context.exchanges.close(HTTPContext.ending)
    unsafe MHD_stop_daemon(daemon)
  }

  private static func start(
    _ context: HTTPContext, _ descriptor: Int32, _ limits: HTTPLimits
  ) -> OpaquePointer? {
    unsafe withSignalsBlocked {
      // The context outlives the daemon: both belong to one object, whose end stops the daemon first.
      unsafe tl_http_start(
        descriptor,
        tl_http_limits(
          request_bytes: limits.requestBytesMax, connections: UInt32(limits.connectionsMax),
          connections_an_address: UInt32(limits.connectionsPerAddressMax),
          idle_seconds: UInt32(limits.exchangeSeconds)),
        { context, address, connection in
          if let connection = unsafe connection {
            unsafe HTTPContext.at(context).look(at: address, connection)
          }
          return nil
        },
        { context, connection, path, method, _, piece, byteCount, state in
          guard let connection = unsafe connection, let byteCount = unsafe byteCount,
            let state = unsafe state
          else { return .NO }
          return unsafe HTTPContext.at(context).take(
            connection, path, method, piece, byteCount, state)
        },
        { context, connection, _, kind in
          guard let connection = unsafe connection else { return }
          let connections = unsafe HTTPContext.at(context).connections
          let number = UInt(bitPattern: connection)
          if tl_http_has_started(kind) != 0 {
            connections.add(number, descriptor: unsafe tl_http_descriptor(connection))
          } else {
            connections.remove(number)
          }
        },
        { context, connection, state, end in
          guard let connection = unsafe connection else { return }
          unsafe HTTPContext.at(context).end(
            connection, state, isWhole: tl_http_is_whole(end) != 0)
        }, Unmanaged.passUnretained(context).toOpaque())
    }
  }

  /// The library's thread takes no signals: those go to the thread that expects them.
  private static func withSignalsBlocked(_ body: () -> OpaquePointer?) -> OpaquePointer? {
    var all = sigset_t()
    var before = sigset_t()
    unsafe sigfillset(&all)
    unsafe pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { unsafe pthread_sigmask(SIG_SETMASK, &before, nil) }
    return unsafe body()
  }
}

extension HTTPContext {
  /// The object that a callback was given.
  fileprivate static func at(_ pointer: UnsafeMutableRawPointer?) -> HTTPContext {
    guard let pointer = unsafe pointer else {
      preconditionFailure("a callback without its context")
    }
    // The server keeps it alive until the library has stopped.
    return unsafe Unmanaged<HTTPContext>.fromOpaque(pointer).takeUnretainedValue()
  }
}
