import HTTP
import Synchronization

/// The pictures of one request, and what is known of them so far.
public final class PredictionRequest: Sendable {
  public struct Picture: Sendable {
    /// As the client calls it; `-` where it doesn't say.
    public let name: String
    /// Its place in the body.
    public let place: Range<Int>
  }

  /// A request that asks for nothing that can be answered.
  public struct Refusal: Error {
    public let answer: HTTPAnswer

    init(_ status: Int, _ sentence: String, fields: [HTTPAnswer.Field] = []) {
      answer = PredictionAnswers.error(status, sentence, fields: fields)
    }
  }

  /// At least one.
  let pictures: [Picture]
  let reply: HTTPReply
  private let body: [UInt8]
  private let entries: Mutex<[PredictionAnswers.Entry?]>

  /// Longer names are cut.
  private static let nameBytesMax = 1000
  /// Fields of a form beside its pictures.
  private static let otherPartsMax = 100
  private static let advice =
    "Send the bytes of a picture, or a form with files: curl --data-binary @photo.jpg, or "
    + "curl -F picture=@photo.jpg."

  /// - Parameter picturesMax: of one request.
  init(
    _ request: HTTPRequest, _ reply: HTTPReply, picturesMax: Int
  ) throws(Refusal) {
    pictures = try Self.pictures(request, max: picturesMax)
    body = request.body
    self.reply = reply
    entries = Mutex([PredictionAnswers.Entry?](repeating: nil, count: pictures.count))
  }

  func bytes(of picture: Picture) -> [UInt8] {
    picture.place.count == body.count ? body : Array(body[picture.place])
  }

  /// Keeps what a picture shows; all of them when it was the last.
  func keep(_ entry: PredictionAnswers.Entry, at index: Int) -> [PredictionAnswers.Entry]? {
    entries.withLock { entries in
      entries[index] = entry
      let known = entries.compactMap(\.self)
      return known.count == entries.count ? known : nil
    }
  }

  /// What the head of a request tells of a body that can't be a picture.
  public static func refusal(of head: HTTPRequest) -> HTTPAnswer? {
    do throws(Refusal) {
      _ = try boundary(head)
      return nil
    } catch {
      return error.answer
    }
  }

  /// Of a form; nil where the body is a picture itself, whose format its first bytes tell.
  private static func boundary(_ head: HTTPRequest) throws(Refusal) -> String? {
    if let encoding = head.contentEncoding, encoding.lowercased() != "identity" {
      throw Refusal(
        415, "The body is compressed; send it as it is.",
        fields: [.init("Accept-Encoding", "identity")])
    }
    let text = head.contentType ?? ""
    let type = text.prefix { $0 != ";" }.lowercased().filter { $0 != " " && $0 != "\t" }
    if type == "multipart/form-data" {
      guard let boundary = MultipartForm.boundary(contentType: text) else {
        throw Refusal(400, "The form's Content-Type names no boundary.")
      }
      return boundary
    }
    guard type.isEmpty || type.hasPrefix("image/") || plainTypes.contains(type) else {
      throw Refusal(
        415, "That is no picture by its Content-Type. \(advice)",
        fields: [.init("Accept", "image/*, application/octet-stream, multipart/form-data")])
    }
    return nil
  }

  /// What clients say of bytes whose type they don't know; the last is what curl says.
  private static let plainTypes: Set = [
    "application/octet-stream", "binary/octet-stream", "application/x-www-form-urlencoded",
  ]

  /// Whether a form's sender took the body for text. One byte in 256 of a picture is a line feed.
  private static func hasLostLineFeeds(_ request: HTTPRequest) -> Bool {
    let isForm = request.contentType?.lowercased().contains("urlencoded") == true
    return isForm && request.body.count > 8_192 && !request.body.contains(UInt8(ascii: "\n"))
  }

  /// The pictures of a request's body.
  public static func pictures(
    _ request: HTTPRequest, max picturesMax: Int
  ) throws(Refusal) -> [Picture] {
    guard let boundary = try boundary(request) else {
      guard !request.body.isEmpty else { throw Refusal(400, "The body is empty. \(advice)") }
      guard !hasLostLineFeeds(request) else {
        throw Refusal(
          400, "The picture has lost its line feeds, as with curl's -d: send it with --data-binary."
        )
      }
      return [Picture(name: "-", place: request.body.indices)]
    }
    let parts: [MultipartForm.Part]
    do throws(MultipartError) {
      parts = try MultipartForm(
        request.body, boundary: boundary, partsMax: picturesMax + otherPartsMax
      ).parts
    } catch {
      throw Refusal(400, "\(error)")
    }
    // A field for a file without one comes as a file without a name and a byte.
    let files = parts.filter { part in
      part.filename.map { !$0.isEmpty || !part.content.isEmpty } ?? false
    }
    guard !files.isEmpty else { throw Refusal(400, "The form has no file. \(advice)") }
    guard files.count <= picturesMax else {
      throw Refusal(413, "The form has \(files.count) files; at most \(picturesMax) are answered.")
    }
    return files.map { file in
      let name = file.filename ?? ""
      return Picture(
        name: name.isEmpty ? "-" : String(decoding: name.utf8.prefix(nameBytesMax), as: UTF8.self),
        place: file.content)
    }
  }
}
