import HTTP
import Inspection
import RunFiles

/// What is served beside the answers: a page to try it on, the classes, and figures for Prometheus.
public struct PredictionSite: Sendable {
  public static let predictPath = "/predict"

  private let service: PredictionService
  private let classes: [UInt8]

  public init(_ service: PredictionService) {
    self.service = service
    let classifier = service.classifier
    let json = JSONValue.object([
      .init("run", .string(classifier.runName)), .init("epoch", .integer(classifier.epoch)),
      .init("classes", .array(classifier.classes.map(JSONValue.string))),
    ])
    classes = Array((json.encoded + "\n").utf8)
  }

  /// What is posted, and where.
  public func uploads(bodyBytesMax: Int, bodyBytesInAllMax: Int) -> HTTPUploads {
    HTTPUploads(
      paths: [Self.predictPath], bodyBytesMax: bodyBytesMax, bodyBytesInAllMax: bodyBytesInAllMax,
      refusal: service.refusal, worded: PredictionAnswers.worded, handler: service.take)
  }

  /// The addresses that there are; whatever else is asked for is not found.
  ///
  /// - Parameter counts: of the server.
  public func answer(_ request: HTTPRequest, _ counts: HTTPCounts) -> HTTPAnswer {
    switch request.path {
    case "/":
      HTTPAnswer(
        type: "text/html; charset=utf-8", body: PredictionPage.page.bytes,
        fields: [.init(HTTPAnswer.policyName, PredictionPage.page.policy)])
    case "/classes": HTTPAnswer(type: PredictionAnswers.type, body: classes)
    case "/metrics":
      HTTPAnswer(
        type: MetricsText.type,
        body: Array(
          Self.metrics(service.classifier, counts, service.counts).utf8))
    case "/healthz": .text(200, "ok")
    default: .text(404, "There is nothing here; post pictures to \(Self.predictPath).")
    }
  }

  private static func metrics(
    _ classifier: Classifier, _ http: HTTPCounts, _ service: PredictionService.Counts
  ) -> String {
    var text = MetricsText()
    text.add(
      "tl_model_info", .gauge, "The run whose classifier answers, and the epoch; always 1.",
      [.init([("run", classifier.runName), ("epoch", "\(classifier.epoch)")], 1)])
    add(http, service, to: &text)
    return text.text
  }

  /// The figures of a server and of what answers behind it.
  public static func add(
    _ http: HTTPCounts, _ service: PredictionService.Counts, to text: inout MetricsText
  ) {
    text.add(
      "tl_http_requests_total", .counter, "Requests answered, by status.",
      http.answered.sorted { $0.key < $1.key }.map {
        .init([("code", "\($0.key)")], Double($0.value))
      })
    text.add(
      "tl_http_requests_broken_off_total", .counter,
      "Requests whose client went, or was too slow, before the answer was sent.",
      Double(http.brokenOff))
    text.add(
      "tl_http_requests_in_flight", .gauge, "Requests being read, worked on or answered.",
      Double(http.open))
    text.add(
      "tl_http_body_bytes", .gauge, "Memory that bodies of requests take.", Double(http.bodyBytes))
    text.add(
      "tl_predict_duration_seconds",
      "From the head of a request with pictures to the end of its answer.", http.handlerSeconds)
    text.add(
      "tl_predict_rejected_total", .counter, "Requests sent away because too many waited.",
      Double(service.turnedAway))
    text.add(
      "tl_predict_waiting", .gauge, "Requests that wait for a thread.", Double(service.waiting))
    text.add(
      "tl_predict_pictures_total", .counter, "Pictures, by what became of them.",
      PredictionService.PictureResult.allCases.map {
        .init([("result", $0.rawValue)], Double(service.pictures[$0] ?? 0))
      })
  }
}
