import CommandLine
import Options

/// Where a page is served, and to whom.
enum PageOption {
  static let keyFile = Option<String?>(
    "key-file", .text("FILE", expectation: "a file with a key"),
    "ask whoever comes over HTTP for the key in FILE: 16 to 256 letters, digits, - and _")

  /// The key in a file that nobody else may read.
  static func key(in path: String) throws(CommandLineError) -> String {
    let text = try readSecretFile(at: path)
    // A line's end of Windows is one character as well.
    let key = text.last?.isNewline == true ? String(text.dropLast()) : text
    let isKey = key.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isKey, (16...256).contains(key.utf8.count) else {
      throw CommandLineError(
        .configuration, "\(printable(path)) has no key of 16 to 256 letters, digits, - and _",
        advice: "Write one with 'openssl rand -hex 16', into a file that nobody else may read.")
    }
    return key
  }

  static let summaryOfKey = "an address that other machines reach asks for a key"

  static let start = Option<HostPort?>(
    "http", .pageAddress,
    "show the run as a page in a browser, and to Prometheus, while it goes on; a port alone means "
      + "this machine, \(summaryOfKey)")

  static let show = Option<HostPort>(
    "http", .pageAddress, default: HostPort(host: "127.0.0.1", port: 0),
    shown: "a free port of this machine",
    "where to serve the page; a port alone means this machine, \(summaryOfKey)")

  static let serve = Option<HostPort>(
    "http", .pageAddress, default: HostPort(host: "127.0.0.1", port: 8080),
    "where to serve; a port alone means this machine, \(summaryOfKey)")
}

extension ValueReader where Value == HostPort {
  /// An address to listen at; a port alone is one of this machine's own.
  static var pageAddress: Self {
    Self(
      placeholder: "[HOST:]PORT",
      expectation:
        "a port such as 8080, or an address such as 192.168.1.20:8080 (port 0 picks a free one)"
    ) { text in
      if text.hasPrefix(":") { return HostPort("127.0.0.1\(text)") }
      return HostPort(text) ?? HostPort("127.0.0.1:\(text)")
    }
  }
}
