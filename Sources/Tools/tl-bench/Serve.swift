import CommandLine
import Glibc
import Options
import Threading

private let serverOption = Option<HostPort?>(
  "server", .address, "where `tl-coord serve` runs on this machine")
private let clientsOption = Option<String>(
  "clients", .text("N,…", expectation: "numbers of clients such as 1,8,64"), default: "1,8,64",
  "clients at the same time, each with a connection of its own")

/// Requests a second and latencies of a server, beside what its parts allow (`tl-bench extract`).
let serveBenchmark = Benchmark(
  Command(
    "serve", "asks `tl-coord serve` for predictions again and again",
    groups: [
      OptionGroup(
        "Serve",
        [
          serverOption.declaration, dataOption.declaration, clientsOption.declaration,
          secondsOption.declaration, jsonOption.declaration,
        ])
    ])
) { settings in
  guard let server = settings[serverOption] else {
    throw CommandLineError(.usage, "--server is missing", advice: "Start 'tl-coord serve' first.")
  }
  let photographs = try readPhotographs(settings)
  let clients = settings[clientsOption].split(separator: ",").compactMap { Int($0) }
  guard !clients.isEmpty, clients.allSatisfy({ (1...1000).contains($0) }) else {
    throw CommandLineError(.usage, "--clients needs numbers from 1 to 1000 with commas between")
  }
  var report = Report()
  let requests = photographs.map { ServeClient.request($0, to: server) }
  for count in clients {
    let begin = monotonicSeconds()
    let end = begin + settings[secondsOption]
    let outcomes: [ServeClient.Outcome] = concurrentMap(
      count: count, threads: count, name: "client", stackBytes: 1 << 18
    ) { number in
      ServeClient.ask(requests, from: number, port: server.port, until: end)
    }
    let seconds = monotonicSeconds() - begin
    let latencies = outcomes.flatMap(\.latencies).sorted()
    guard !latencies.isEmpty else {
      throw CommandLineError(.unavailable, "nobody answers at \(server)")
    }
    func milliseconds(_ share: Double) -> Double {
      1000 * latencies[min(latencies.count - 1, Int(share * Double(latencies.count)))]
    }
    report.add("requests_per_second_\(count)", Double(latencies.count) / seconds)
    report.add("median_milliseconds_\(count)", milliseconds(0.5))
    report.add("percentile_99_milliseconds_\(count)", milliseconds(0.99))
    report.add("failures_\(count)", outcomes.reduce(0) { $0 + $1.failures })
  }
  return report
}

/// A client that asks, waits for its answer, and asks again.
enum ServeClient {
  struct Outcome: Sendable {
    /// Seconds of each request that was answered with 200.
    var latencies: [Double] = []
    /// Other answers, and connections that failed.
    var failures = 0
  }

  static func request(_ photograph: [UInt8], to server: HostPort) -> [UInt8] {
    Array(
      "POST /predict HTTP/1.1\r\nHost: \(server)\r\nContent-Length: \(photograph.count)\r\n\r\n"
        .utf8)
      + photograph
  }

  /// Asks on one connection; ends with the first failure of that.
  static func ask(_ requests: [[UInt8]], from first: Int, port: UInt16, until end: Double)
    -> Outcome
  {
    var outcome = Outcome()
    let descriptor = connected(port)
    defer { close(descriptor) }
    // Each client begins elsewhere, so that they don't send the same at the same time.
    var next = first * 31 % requests.count
    while monotonicSeconds() < end {
      let begin = monotonicSeconds()
      guard send(requests[next], descriptor), let status = readStatus(descriptor) else {
        outcome.failures += 1
        break
      }
      if status == 200 {
        outcome.latencies.append(monotonicSeconds() - begin)
      } else {
        outcome.failures += 1
      }
      next = (next + 1) % requests.count
    }
    return outcome
  }

  /// A socket that is connected to a port of this machine, or isn't.
  private static func connected(_ port: UInt16) -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    // The call reads a struct whose size it is given.
    _ = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return descriptor
  }

  private static func send(_ bytes: [UInt8], _ descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      // The rest of the buffer, whose length it is given.
      let count = unsafe rest.withUnsafeBytes {
        unsafe Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  /// Reads an answer whole and gives its status.
  private static func readStatus(_ descriptor: Int32) -> Int? {
    var text: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 14)
    while true {
      // At most the block's own length.
      let count = unsafe recv(descriptor, &block, block.count, 0)
      guard count > 0 else { return nil }
      text += block.prefix(count)
      // Small enough to be looked at anew with each piece.
      guard let end = text.firstRange(of: Array("\r\n\r\n".utf8)) else { continue }
      let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
      let length = lines.first { $0.lowercased().hasPrefix("content-length:") }
        .flatMap { Int($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) }
      guard let length, let status = Int(lines[0].split(separator: " ")[1]) else { return nil }
      if text.count >= end.upperBound + length { return status }
    }
  }
}
