import Foundation
import Glibc

/// One connection to an HTTP server of this machine, on which a test says what it wants, byte by byte.
public final class RawConnection {
  public struct Answer: Sendable, CustomStringConvertible {
    public let status: Int
    /// By their names in lower case.
    public let fields: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }
    public var description: String { "\(status) \(fields)\n\(text)" }
  }

  /// A test that waits so long fails.
  private static let patienceSeconds = 120
  private let descriptor: Int32
  private var waiting: [UInt8] = []

  public init(port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var patience = timeval(tv_sec: Self.patienceSeconds, tv_usec: 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    // The calls read structs whose sizes they are given.
    let isConnected = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        unsafe setsockopt(
          descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
          == 0
          && connect(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
    guard isConnected else {
      throw RunningCommand.TimeoutError(description: "nobody listens at port \(port)")
    }
  }

  deinit { close(descriptor) }

  /// Asks for something on a connection of its own.
  public static func get(
    _ path: String, port: Int, method: String = "GET", _ fields: [String: String] = [:]
  ) throws -> Answer? {
    let connection = try RawConnection(port: port)
    connection.ask(path, method: method, fields)
    return connection.readAnswer(hasBody: method != "HEAD")
  }

  public func ask(_ path: String, method: String = "GET", _ fields: [String: String] = [:]) {
    var all = ["Host": "127.0.0.1"]
    all.merge(fields) { $1 }
    let lines = all.map { "\($0.key): \($0.value)\r\n" }.joined()
    send("\(method) \(path) HTTP/1.1\r\n\(lines)\r\n")
  }

  /// Posts something on a connection of its own.
  public static func post(
    _ body: [UInt8], to path: String, port: Int, _ fields: [String: String] = [:]
  ) throws -> Answer? {
    let connection = try RawConnection(port: port)
    connection.post(body, to: path, fields)
    return connection.readAnswer()
  }

  public func post(_ body: [UInt8], to path: String, _ fields: [String: String] = [:]) {
    ask(path, method: "POST", fields.merging(["Content-Length": "\(body.count)"]) { $1 })
    send(body)
  }

  /// Says something; false once the other side takes nothing any more.
  @discardableResult
  public func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  public func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      // The rest of the buffer, whose length it is given; a server that is gone is no signal.
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Says something, and in the same packet that it was the last.
  public func sendLast(_ text: String) {
    let bytes = Array(text.utf8)
    // The whole buffer, which fits a socket; it waits for more to come, and that is the end.
    _ = unsafe bytes.withUnsafeBytes {
      unsafe Glibc.send(
        descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_MORE))
    }
    shutdown(descriptor, Int32(SHUT_WR))
  }

  /// The next answer; nil where the connection ends before it is whole.
  public func readAnswer(hasBody: Bool = true) -> Answer? {
    let end: [UInt8] = [13, 10, 13, 10]
    var head: Range<Int>?
    while true {
      head = waiting.indices.dropLast(3).first { Array(waiting[$0..<$0 + 4]) == end }
        .map { $0..<$0 + 4 }
      if head != nil { break }
      guard readMore() else { return nil }
    }
    guard let head else { return nil }
    let lines = String(decoding: waiting[..<head.lowerBound], as: UTF8.self)
      .split(separator: "\r\n")
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        fields[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    let status = lines.first.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") } ?? 0
    let count = hasBody && status != 304 ? Int(fields["content-length"] ?? "") ?? 0 : 0
    while waiting.count < head.upperBound + count { guard readMore() else { return nil } }
    let body = Array(waiting[head.upperBound..<head.upperBound + count])
    waiting.removeFirst(head.upperBound + count)
    return Answer(status: status, fields: fields, body: body)
  }

  /// Waits until the other side hangs up; false where it says something instead, or nothing for long.
  public func isHungUp() -> Bool {
    var byte: UInt8 = 0
    // One byte into one.
    let count = unsafe recv(descriptor, &byte, 1, 0)
    return count == 0 || count < 0 && errno != EAGAIN
  }

  private func readMore() -> Bool {
    var block = [UInt8](repeating: 0, count: 1 << 16)
    // At most the block's own length.
    let count = unsafe recv(descriptor, &block, block.count, 0)
    guard count > 0 else { return false }
    waiting += block.prefix(count)
    return true
  }
}
