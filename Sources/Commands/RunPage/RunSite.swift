import Digest
import HTTP
import Monitoring
import RunFiles

/// All that is answered about a run at one moment. A value: whoever serves it looks at no file.
public struct RunSite: Sendable {
  /// Something with a tag that another content hasn't.
  fileprivate struct Content: Sendable {
    let type: String
    let bytes: [UInt8]
    /// A name that another content hasn't.
    let identity: String
    var tag: String { "\"\(identity)\"" }

    init(_ json: JSONValue) {
      type = "application/json"
      bytes = Array(json.encoded.utf8)
      identity = String("\(ContentDigest.sha256(bytes))".prefix(16))
    }

    func answer(_ request: HTTPRequest) -> HTTPAnswer {
      guard request.ifNoneMatch != tag else { return .unchanged(tag: tag) }
      return HTTPAnswer(type: type, body: bytes, fields: [.init("ETag", tag)])
    }
  }

  /// What is known of the validation photographs.
  public struct Outcome: Sendable {
    public let results: RunResults
    public let identity: String
    fileprivate let content: Content
    /// The first of the photographs as JPEG files; an empty one where it has gone or changed.
    public private(set) var pictures: [[UInt8]]

    public init(_ results: RunResults, pictures: [[UInt8]] = []) {
      self.results = results
      self.pictures = pictures
      identity = results.identity
      content = Content(results.json)
    }

    public mutating func add(_ more: [[UInt8]]) { pictures += more }
  }

  private let status: Content
  private let curves: Content
  private let texts: Content
  private let metrics: [UInt8]
  private let outcome: Outcome?

  /// - Parameters:
  ///   - outcome: nil where there is none yet, or none that can be made.
  ///   - notice: a sentence about it for people; empty where there is nothing to say.
  ///   - again: the command that shows the run when this server has gone.
  public init(
    _ view: RunView, _ outcome: Outcome? = nil, notice: String = "", again: String = "tl-coord show"
  ) {
    curves = Content(view.pageCurves)
    texts = Content(view.pageTexts)
    var members = view.pageStatus.members ?? []
    members.append(.init("curves", .string(curves.identity)))
    members.append(.init("texts", .string(texts.identity)))
    members.append(.init("again", .string(again)))
    members.append(.init("outcome", outcome.map { .string($0.identity) } ?? .null))
    members.append(.init("pictures", .integer(outcome?.pictures.count ?? 0)))
    members.append(.init("notice", .string(notice)))
    status = Content(.object(members))
    metrics = Array(Metrics.text(of: view).utf8)
    self.outcome = outcome
  }

  /// The addresses that there are; whatever else is asked for is not found.
  public func answer(_ request: HTTPRequest) -> HTTPAnswer {
    switch request.path {
    case "/":
      HTTPAnswer(
        type: "text/html; charset=utf-8", body: Page.page.bytes,
        fields: [.init(HTTPAnswer.policyName, Page.page.policy)])
    case "/status.json": status.answer(request)
    case "/curves.json": curves.answer(request)
    case "/texts.json": texts.answer(request)
    case "/outcome.json": outcome?.content.answer(request) ?? Self.notFound
    case "/metrics": HTTPAnswer(type: MetricsText.type, body: metrics)
    case "/healthz": .text(200, "ok")
    default: picture(request.path) ?? Self.notFound
    }
  }

  private static let notFound = HTTPAnswer.text(404, "There is nothing here; the page is at /.")

  /// `/photographs/OUTCOME/NUMBER.jpg`
  private func picture(_ path: String) -> HTTPAnswer? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 4, parts[0].isEmpty, parts[1] == "photographs", let outcome,
      parts[2] == Substring(outcome.identity), parts[3].hasSuffix(".jpg"),
      let number = Int(parts[3].dropLast(4)), outcome.pictures.indices.contains(number),
      !outcome.pictures[number].isEmpty
    else { return nil }
    return HTTPAnswer(type: "image/jpeg", body: outcome.pictures[number])
  }
}
