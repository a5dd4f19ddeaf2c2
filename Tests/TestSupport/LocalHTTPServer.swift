import Foundation
import Glibc
import Synchronization

/// A real HTTP server on a free port of this machine, that answers as badly as a test wants.
public final class LocalHTTPServer: Sendable {
  public struct Request: Sendable {
    /// What follows the method: a path, or a whole address where the server is used as a proxy.
    public let target: String
    public let headers: [String: String]

    /// Where a part of the file was asked to begin.
    public var rangeStart: Int? {
      guard let range = headers["range"], range.hasPrefix("bytes="), range.hasSuffix("-") else {
        return nil
      }
      return Int(range.dropFirst(6).dropLast())
    }
  }

  public struct Answer: Sendable {
    public var status: Int
    public var headers: [String: String]
    public var body: [UInt8]
    /// How much of the body is sent; the connection ends then.
    public var cutAfter: Int?
    /// How much of the body is sent; nothing more comes then, and the connection stays.
    public var stallAfter: Int?

    public init(status: Int = 200, headers: [String: String] = [:], body: [UInt8] = []) {
      self.status = status
      self.headers = headers
      self.body = body
    }

    public static func redirect(to address: String) -> Answer {
      Answer(status: 302, headers: ["Location": address])
    }

    /// A file, or the part of it that is asked for.
    public static func file(
      _ bytes: [UInt8], for request: Request, honoursRanges: Bool = true
    ) -> Answer {
      guard honoursRanges, let start = request.rangeStart else { return Answer(body: bytes) }
      guard start < bytes.count else {
        return Answer(status: 416, headers: ["Content-Range": "bytes */\(bytes.count)"])
      }
      return Answer(
        status: 206,
        headers: ["Content-Range": "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"],
        body: Array(bytes[start...]))
    }
  }

  public let port: Int
  private let listener: Int32
  private let keepsConnections: Bool
  private let handler: @Sendable (Request) -> Answer
  private let state = Mutex(State())

  private struct State {
    var requests: [Request] = []
    var connectionCount = 0
    var stalled: [Int32] = []
  }

  /// - Parameter keepsConnections: whether a connection serves one request after the other.
  public init(
    keepsConnections: Bool = false, _ handler: @escaping @Sendable (Request) -> Answer
  ) throws {
    self.keepsConnections = keepsConnections
    self.handler = handler
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    listener = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    // The calls read and fill in the struct, whose size they are given.
    let isBound = unsafe withUnsafeMutablePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe bind(descriptor, pointer, length) == 0 && listen(descriptor, 64) == 0
          && getsockname(descriptor, pointer, &length) == 0
      }
    }
    port = Int(UInt16(bigEndian: address.sin_port))
    guard isBound else { throw CocoaError(.fileReadUnknown) }
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else {
          if errno == EINTR { continue }
          close(descriptor)
          return
        }
        // A process that inherits it meanwhile does no harm: the end is told by shutdown.
        _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
        Thread.detachNewThread { [weak self] in
          self?.serve(connection)
        }
      }
    }
  }

  deinit {
    // Wakes the thread that accepts, which closes it.
    shutdown(listener, Int32(SHUT_RDWR))
    for connection in state.withLock(\.stalled) { close(connection) }
  }

  public func address(_ path: String = "file") -> String { "http://127.0.0.1:\(port)/\(path)" }

  /// How many connections were made so far.
  public var connectionCount: Int { state.withLock(\.connectionCount) }

  /// All that were asked so far.
  public var requests: [Request] { state.withLock(\.requests) }

  private func serve(_ connection: Int32) {
    state.withLock { $0.connectionCount += 1 }
    repeat {
      guard let request = LocalHTTPServer.read(connection) else { break }
      state.withLock { $0.requests.append(request) }
      let answer = handler(request)
      send(answer, connection)
      if answer.stallAfter != nil {
        state.withLock { $0.stalled.append(connection) }
        return
      }
      if answer.cutAfter != nil { break }
    } while keepsConnections
    shutdown(connection, Int32(SHUT_WR))
    // The client reads to the end before the connection goes.
    var rest = [UInt8](repeating: 0, count: 256)
    while unsafe Glibc.read(connection, &rest, rest.count) > 0 {}
    close(connection)
  }

  private func send(_ answer: Answer, _ connection: Int32) {
    var head = "HTTP/1.1 \(answer.status) Answer\r\n"
    if !keepsConnections { head += "Connection: close\r\n" }
    for (name, value) in answer.headers { head += "\(name): \(value)\r\n" }
    if answer.headers["Transfer-Encoding"] == nil {
      head += "Content-Length: \(answer.body.count)\r\n"
    }
    let shown = answer.body.prefix(min(answer.cutAfter ?? .max, answer.stallAfter ?? .max))
    LocalHTTPServer.send(Array((head + "\r\n").utf8) + shown, connection)
  }

  private static func read(_ connection: Int32) -> Request? {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while !bytes.suffix(4).elementsEqual([13, 10, 13, 10]) {
      // Reads one byte into one.
      guard bytes.count < 65_536, unsafe Glibc.read(connection, &byte, 1) == 1 else { return nil }
      bytes.append(byte)
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
    let words = lines.first?.split(separator: " ") ?? []
    guard words.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
    }
    return Request(target: String(words[1]), headers: headers)
  }

  private static func send(_ bytes: [UInt8], _ connection: Int32) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        // The rest of the buffer, whose length it is given; a client that is gone is no signal.
        unsafe Glibc.send(
          connection, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
