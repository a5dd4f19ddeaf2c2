/// What a client asks for, as far as a server that only shows something looks at it.
public struct HTTPRequest: Equatable, Sendable {
  /// As it was sent: `GET`.
  public var method: String
  /// Without what follows a question mark.
  public var path: String
  /// The value of `key` behind the question mark.
  public var key: String?
  public var host: String?
  public var cookie: String?
  public var authorization: String?
  /// The version that the client has, by its tag.
  public var ifNoneMatch: String?

  public init(
    method: String = "GET", path: String, key: String? = nil, host: String? = nil,
    cookie: String? = nil, authorization: String? = nil, ifNoneMatch: String? = nil
  ) {
    self.method = method
    self.path = path
    self.key = key
    self.host = host
    self.cookie = cookie
    self.authorization = authorization
    self.ifNoneMatch = ifNoneMatch
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

  public init(status: Int = 200, type: String, body: [UInt8], fields: [Field] = []) {
    self.status = status
    self.fields = [Field("Content-Type", type)] + fields
    self.body = body
  }

  /// A sentence for people.
  public static func text(_ status: Int, _ sentence: String, fields: [Field] = []) -> HTTPAnswer {
    HTTPAnswer(
      status: status, type: "text/plain; charset=utf-8", body: Array((sentence + "\n").utf8),
      fields: fields)
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
