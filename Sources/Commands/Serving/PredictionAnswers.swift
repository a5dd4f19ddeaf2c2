import HTTP
import Inspection
import RunFiles

/// What clients of `/predict` get: JSON, whatever happens.
enum PredictionAnswers {
  /// What is known of one picture.
  struct Entry: Sendable {
    let json: JSONValue
    let result: PredictionService.PictureResult
  }

  static let type = "application/json"

  /// Of a picture that can't be read.
  static func failure(_ file: String, _ reason: String) -> JSONValue {
    .object([.init("file", .string(file)), .init("error", .string(reason))])
  }

  /// Of all pictures of a request: 200 where at least one could be read, 503 where asking again may help.
  static func answer(_ entries: [Entry], of classifier: Classifier) -> HTTPAnswer {
    let json = JSONValue.object([
      .init("run", .string(classifier.runName)), .init("epoch", .integer(classifier.epoch)),
      .init("predictions", .array(entries.map(\.json))),
    ])
    let results = Set(entries.map(\.result))
    let status = results.contains(.answered) ? 200 : results.contains(.noMemory) ? 503 : 422
    return HTTPAnswer(
      status: status, type: type, body: Array((json.encoded + "\n").utf8),
      fields: status == 503 ? [.init("Retry-After", "1")] : [])
  }

  /// A sentence on the request itself.
  static func error(
    _ status: Int, _ sentence: String, fields: [HTTPAnswer.Field] = []
  ) -> HTTPAnswer {
    let (type, body) = worded(status, sentence)
    return HTTPAnswer(status: status, type: type, body: body, fields: fields)
  }

  @Sendable static func worded(_ status: Int, _ sentence: String) -> (type: String, body: [UInt8]) {
    let json = JSONValue.object([.init("error", .string(sentence))])
    return (type, Array((json.encoded + "\n").utf8))
  }
}
