/// What a server says before the bytes of a file (RFC 9110).
public struct AnswerHead: Equatable, Sendable {
  /// 200 for the whole file, 206 for a part of it.
  public internal(set) var status = 0
  /// How many bytes follow, if it says so.
  public internal(set) var contentLength: Int?
  /// Which part of the file follows, if it says so.
  public internal(set) var contentRange: ContentRange?
  /// Where a redirect leads, for people: without what may be a secret.
  public internal(set) var location: String?

  public init() {}

  public struct ContentRange: Equatable, Sendable {
    public let first: Int
    public let last: Int
    /// Of the whole file, if the server knows.
    public let total: Int?

    public init(first: Int, last: Int, total: Int?) {
      self.first = first
      self.last = last
      self.total = total
    }

    /// `bytes 100-199/200`; nil for anything else.
    init?(_ text: Substring) {
      let words = text.split(whereSeparator: { $0 == " " || $0 == "\t" })
      guard words.count == 2, words[0].lowercased() == "bytes" else { return nil }
      let parts = words[1].split(separator: "/", omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count == 2, let first = number(ends[0]), let last = number(ends[1]), first <= last
      else { return nil }
      let total = number(parts[1])
      guard parts[1] == "*" || total.map({ $0 > last }) == true else { return nil }
      self.init(first: first, last: last, total: total)
    }
  }

  /// Takes one line of the head, with or without its line break. A status line begins a new head:
  /// only that of the last answer counts, after all redirects.
  public mutating func take(line: some StringProtocol) {
    let line = String(line).filter { !$0.isNewline }[...]
    if line.prefix(5).uppercased() == "HTTP/" {
      self = AnswerHead()
      let words = line.split(separator: " ")
      status = words.count > 1 ? number(words[1]) ?? 0 : 0
      return
    }
    guard let colon = line.firstIndex(of: ":") else { return }
    let name = line[..<colon].lowercased()
    let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
    switch name {
    case "content-length": contentLength = number(value)
    case "content-range": contentRange = ContentRange(value)
    case "location": location = Self.shown(value)
    default: break
    }
  }
}

extension AnswerHead {
  /// An address without user and password, and without what follows a question mark, which may be a
  /// signature.
  private static func shown(_ location: Substring) -> String {
    let place = location.prefix { $0 != "?" && $0 != "#" }
    guard let start = place.firstRange(of: "//")?.upperBound else { return String(place) }
    let authority = place[start...].prefix { $0 != "/" }
    guard let sign = authority.lastIndex(of: "@") else { return String(place) }
    return String(place[..<start] + place[place.index(after: sign)...])
  }
}

/// A number of ASCII digits that fits; nil for anything else, signs among it.
private func number(_ text: Substring) -> Int? {
  let trimmed = text.drop { $0 == " " }
  let end = trimmed.lastIndex { $0 != " " && $0 != "\t" }
  guard let end else { return nil }
  let digits = trimmed[...end]
  guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
    return nil
  }
  return Int(digits)
}
