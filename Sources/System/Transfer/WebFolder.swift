/// A folder on a web server: what lies in it is fetched by its path below the folder's address.
public struct WebFolder: Hashable, Sendable, CustomStringConvertible {
  /// `http://` or `https://`.
  private let scheme: String
  private let user: String
  private let host: String
  /// Begins and ends with a slash, with everything escaped that must be.
  private let path: String
  /// Empty, or a question mark and what follows: some stores take a signature there.
  private let query: String

  private static let byteCountMax = 2_048

  /// `https://nas.local/photos`, with or without a slash at its end. Nil for anything that isn't an
  /// address of HTTP or HTTPS, or names a place within a page (`#`).
  ///
  /// What isn't printable ASCII in the path is escaped; what is escaped already stays as it is.
  public init?(_ text: String) {
    guard text.utf8.count <= WebFolder.byteCountMax, !text.contains("#"),
      let scheme = ["http://", "https://"].first(where: { text.lowercased().hasPrefix($0) })
    else { return nil }
    let rest = text.utf8.dropFirst(scheme.utf8.count)
    let end = rest.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
    let authority = rest[..<(end ?? rest.endIndex)]
    guard authority.allSatisfy(WebFolder.isPrintable) else { return nil }
    let hostStart = authority.lastIndex(of: UInt8(ascii: "@")).map { authority.index(after: $0) }
    let host = authority[(hostStart ?? authority.startIndex)...]
    guard let first = host.first, first != UInt8(ascii: ":") else { return nil }
    let place = rest[(end ?? rest.endIndex)...]
    let queryStart = place.firstIndex(of: UInt8(ascii: "?")) ?? place.endIndex
    guard place[queryStart...].allSatisfy(WebFolder.isPrintable) else { return nil }

    self.scheme = scheme
    user = String(decoding: authority[..<host.startIndex], as: UTF8.self)
    self.host = String(decoding: host, as: UTF8.self)
    let path = WebFolder.escaped(place[..<queryStart], where: { !WebFolder.isPrintable($0) })
    self.path = path.hasSuffix("/") ? path : path + "/"
    query = String(decoding: place[queryStart...], as: UTF8.self)
  }

  /// Whether a text is meant as an address and not as a folder of this machine.
  public static func isMeant(by text: String) -> Bool { text.contains("://") }

  /// The whole address of a file, to fetch it.
  ///
  /// - Parameter path: of names with slashes between them; nothing in a name has a meaning of its own.
  public func address(of path: String) -> String {
    scheme + user + host + self.path + WebFolder.escaped(path.utf8, where: WebFolder.isSpecial)
      + query
  }

  /// For people: without a password and without what follows a question mark, which may be one.
  public var description: String { scheme + host + path }

  /// The address of a file, for people.
  public func description(of path: String) -> String {
    description + WebFolder.escaped(path.utf8, where: WebFolder.isSpecial)
  }

  /// Each byte that must be, as a percent sign and two digits (RFC 3986, section 2.1).
  private static func escaped(
    _ bytes: some Sequence<UInt8>, where mustBe: (UInt8) -> Bool
  ) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var result: [UInt8] = []
    for byte in bytes {
      if mustBe(byte) {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isPrintable(_ byte: UInt8) -> Bool { (0x21...0x7e).contains(byte) }

  /// All but the unreserved characters (RFC 3986, section 2.3) and the slash.
  private static func isSpecial(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
      UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "/"):
      false
    default: true
    }
  }
}
