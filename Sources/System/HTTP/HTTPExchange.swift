import CMicrohttpd

/// What a client asks for, as far as the server looks at it.
public struct HTTPRequest: Equatable, Sendable {
  /// As it was sent: `GET`.
  public var method: String
  /// Without what follows a question mark.
  public var path: String
  /// The value of `key` behind the question mark.
  public var key: String?
  public var host: String?
  /// The site whose page sends the request, where a browser says so.
  public var origin: String?
  public var cookie: String?
  public var authorization: String?
  /// The version that the client has, by its tag.
  public var ifNoneMatch: String?
  /// What the body is said to be.
  public var contentType: String?
  public var contentEncoding: String?
  /// Empty but for a request that a server's `HTTPUploads` takes.
  public var body: [UInt8]

  public init(
    method: String = "GET", path: String, key: String? = nil, host: String? = nil,
    origin: String? = nil, cookie: String? = nil, authorization: String? = nil,
    ifNoneMatch: String? = nil, contentType: String? = nil, contentEncoding: String? = nil,
    body: [UInt8] = []
  ) {
    self.method = method
    self.path = path
    self.key = key
    self.host = host
    self.origin = origin
    self.cookie = cookie
    self.authorization = authorization
    self.ifNoneMatch = ifNoneMatch
    self.contentType = contentType
    self.contentEncoding = contentEncoding
    self.body = body
  }
}

/// What a client gets.
public struct HTTPAnswer: Equatable, Sendable {
  public struct Field: Equatable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  public var status: Int
  public var fields: [Field]
  public var body: [UInt8]
  /// What it says to people, where that is all.
  public private(set) var sentence: String?

  static let typeName = "Content-Type"

  public init(status: Int = 200, type: String, body: [UInt8], fields: [Field] = []) {
    self.status = status
    self.fields = [Field(Self.typeName, type)] + fields
    self.body = body
  }

  /// A sentence for people.
  public static func text(_ status: Int, _ sentence: String, fields: [Field] = []) -> HTTPAnswer {
    var answer = HTTPAnswer(
      status: status, type: "text/plain; charset=utf-8", body: Array((sentence + "\n").utf8),
      fields: fields)
    answer.sentence = sentence
    return answer
  }

  /// The client has it already.
  public static func unchanged(tag: String) -> HTTPAnswer {
    var answer = HTTPAnswer(status: 304, type: "", body: [])
    answer.fields = [Field("ETag", tag)]
    return answer
  }

  public subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// Goes with every answer: nothing is kept by anybody, taken for another type, told to other sites or
  /// shown within them, and nothing is fetched or run unless the answer itself says what.
  static func everywhere(besides answer: HTTPAnswer) -> [Field] {
    answer[policyName] == nil
      ? everywhere + [Field(policyName, "default-src 'none'; frame-ancestors 'none'")] : everywhere
  }

  public static let policyName = "Content-Security-Policy"

  private static let everywhere = [
    Field("Cache-Control", "no-store"), Field("X-Content-Type-Options", "nosniff"),
    Field("Referrer-Policy", "no-referrer"),
    Field("Cross-Origin-Resource-Policy", "same-origin"),
    Field("X-Frame-Options", "DENY"),
  ]
}

extension HTTPAnswer {
  /// As it goes over a connection.
  var wholeMessage: [UInt8] {
    let reason = unsafe String(cString: MHD_get_reason_phrase_for(UInt32(status)))
    let all = fields + Self.everywhere(besides: self) + [Field("Content-Length", "\(body.count)")]
    let lines = all.map { "\($0.name): \($0.value)\r\n" }.joined()
    return Array("HTTP/1.1 \(status) \(reason)\r\n\(lines)\r\n".utf8) + body
  }
}
