/// Who is answered: whoever names the server by a name of its own and, where others than this machine
/// can reach it, shows the key.
public struct HTTPAdmission: Sendable {
  /// In lower case, without ports; addresses of IPv6 in brackets.
  public let names: Set<String>
  /// Nil where everybody who reaches the server is answered.
  public let key: String?
  /// By which browsers show the key: cookies don't tell the ports of a machine apart.
  public let cookieName: String
  /// To which bodies may be posted; everything else is only looked at.
  public let postPaths: Set<String>

  /// - Parameters:
  ///   - names: by which the server may be called; those of this machine's own loopback count always.
  ///   - key: letters, digits, `-` and `_`.
  ///   - postPaths: to which bodies may be posted.
  public init(names: Set<String>, key: String?, port: UInt16, postPaths: Set<String> = []) {
    self.postPaths = postPaths
    self.names = Set(names.map(Self.bracketed)).union(["localhost", "127.0.0.1", "[::1]"])
    self.key = key
    cookieName = "tl-\(port)"
  }

  /// What to answer instead of what was asked for; nil where that may be told.
  public func refusal(of request: HTTPRequest) -> HTTPAnswer? {
    guard let host = request.host.flatMap(Self.name) else {
      return .text(400, "The request names no host.")
    }
    // A page from elsewhere whose name was made to point here must not read what is shown.
    guard names.contains(host) else {
      return .text(
        421, "This server doesn't go by that name: use the address that tl-coord printed.")
    }
    if let refusal = refusalOfMethod(request) { return refusal }
    guard let key else { return nil }
    if let shown = request.key, Self.isSame(shown, key) {
      guard request.path == "/" else { return nil }
      // Off the address, which browsers show and remember.
      return .text(
        303, "The page is at /.",
        fields: [
          .init("Location", "/"),
          .init("Set-Cookie", "\(cookieName)=\(key); Path=/; HttpOnly; SameSite=Lax"),
        ])
    }
    if let shown = bearer(request.authorization) ?? cookie(request.cookie), Self.isSame(shown, key)
    {
      return nil
    }
    return .text(
      401,
      "This server asks for a key: open the whole address that tl-coord printed, or send the key as "
        + "'Authorization: Bearer KEY'.",
      fields: [.init("WWW-Authenticate", "Bearer")])
  }

  private func refusalOfMethod(_ request: HTTPRequest) -> HTTPAnswer? {
    if postPaths.contains(request.path) {
      guard request.method == "POST" else {
        return .text(405, "Only POST is answered here.", fields: [.init("Allow", "POST")])
      }
      // Browsers let any page post anywhere, and tell whose page it was.
      guard let origin = request.origin else { return nil }
      let site = origin.firstRange(of: "://").map { origin[$0.upperBound...].lowercased() }
      guard let site, site == request.host?.lowercased() else {
        return .text(403, "A page of another site can't post anything here.")
      }
      return nil
    }
    guard request.method == "GET" || request.method == "HEAD" else {
      let places = postPaths.sorted().joined(separator: ", ")
      return .text(
        405,
        places.isEmpty
          ? "Nothing can be changed here: only GET and HEAD are answered."
          : "Only GET and HEAD are answered here; POST goes to \(places).",
        fields: [.init("Allow", "GET, HEAD")])
    }
    return nil
  }

  private func bearer(_ authorization: String?) -> String? {
    guard let words = authorization?.split(separator: " "), words.count == 2,
      words[0].lowercased() == "bearer"
    else { return nil }
    return String(words[1])
  }

  private func cookie(_ cookies: String?) -> String? {
    for pair in (cookies ?? "").split(separator: ";") {
      let parts = pair.split(separator: "=", maxSplits: 1)
      let name = parts.first?.drop { $0 == " " }
      if parts.count == 2, name == Substring(cookieName) { return String(parts[1]) }
    }
    return nil
  }

  /// Takes as long whichever letter differs.
  static func isSame(_ shown: String, _ key: String) -> Bool {
    let (shown, key) = (Array(shown.utf8), Array(key.utf8))
    guard shown.count == key.count else { return false }
    return zip(shown, key).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func bracketed(_ name: String) -> String {
    let name = name.lowercased()
    return name.contains(":") && !name.hasPrefix("[") ? "[\(name)]" : name
  }

  /// The host of a `Host` field, without its port: that is another where a connection is forwarded.
  static func name(_ host: String) -> String? {
    let host = host.lowercased()
    let end =
      host.hasPrefix("[")
      ? host.firstIndex(of: "]").map { host.index(after: $0) }
      : host.firstIndex(of: ":") ?? host.endIndex
    guard let end, end > host.startIndex else { return nil }
    let port = host[end...]
    guard port.isEmpty || port.first == ":" && port.dropFirst().allSatisfy(\.isNumber) else {
      return nil
    }
    // A full stop at the end means the same name.
    let name = host[..<end]
    return String(name.hasSuffix(".") ? name.dropLast() : name)
  }
}
