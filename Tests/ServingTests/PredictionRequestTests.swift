import HTTP
import RunFiles
import Serving
import Testing

@Suite struct `A request for predictions` {
  private func pictures(
    _ request: HTTPRequest
  ) throws(PredictionRequest.Refusal) -> [(String, [UInt8])] {
    let pictures = try PredictionRequest.pictures(request, max: 3)
    return pictures.map { ($0.name, Array(request.body[$0.place])) }
  }

  private func form(_ parts: String...) -> HTTPRequest {
    let body = parts.map { "--b\r\nContent-Disposition: form-data\($0)\r\n" }.joined() + "--b--"
    return HTTPRequest(
      method: "POST", path: "/predict", contentType: "multipart/form-data; boundary=b",
      body: Array(body.utf8))
  }

  private func refusal(_ request: HTTPRequest) throws -> (status: Int, error: String) {
    do throws(PredictionRequest.Refusal) {
      _ = try pictures(request)
    } catch {
      let json = try JSONValue(decoding: error.answer.body)
      return (error.answer.status, try #require(json["error"]?.string))
    }
    Issue.record("\(request) isn't refused")
    return (0, "")
  }

  @Test(arguments: [
    nil, "", "image/jpeg", "IMAGE/anything; x=y", "application/octet-stream",
    "application/x-www-form-urlencoded",
  ])
  func `may be the bytes of a picture`(_ type: String?) throws {
    let found = try pictures(
      HTTPRequest(method: "POST", path: "/predict", contentType: type, body: [1, 2, 3]))
    #expect(found.count == 1 && found[0] == ("-", [1, 2, 3]))
  }

  @Test func `may be a form, of which the files count`() throws {
    let found = try pictures(
      form(
        #"; name="note"\#r\#n\#r\#nhello"#, #"; name="a"; filename="x.jpg"\#r\#n\#r\#nfirst"#,
        #"; name="b"; filename=""\#r\#n\#r\#n"#, #"; name="c"; filename=""\#r\#n\#r\#nsecond"#))
    try #require(found.count == 2)
    #expect(found[0] == ("x.jpg", Array("first".utf8)))
    #expect(found[1] == ("-", Array("second".utf8)))
    let long = String(repeating: "x", count: 2000)
    #expect(try pictures(form("; filename=\(long)\r\n\r\n1"))[0].0.count == 1000)
  }

  @Test func `without a picture is refused, and it is said how to send one`() throws {
    for request in [
      HTTPRequest(method: "POST", path: "/predict"), form(), form("; name=x\r\n\r\ntext"),
    ] {
      let (status, error) = try refusal(request)
      #expect(status == 400 && error.contains("curl -F"), "\(error)")
    }
  }

  @Test(arguments: [
    ("application/json", nil, 415, "Content-Type"), ("text/plain", nil, 415, "Content-Type"),
    ("image/jpeg", "gzip", 415, "compressed"), ("multipart/form-data", nil, 400, "boundary"),
    ("multipart/mixed; boundary=b", nil, 415, "Content-Type"),
  ])
  func `of another type is refused before its body comes`(
    _ type: String, _ encoding: String?, _ status: Int, _ words: String
  ) throws {
    let request = HTTPRequest(
      method: "POST", path: "/predict", contentType: type, contentEncoding: encoding, body: [1])
    let answer = try refusal(request)
    #expect(answer.status == status && answer.error.contains(words), "\(answer)")
    #expect(PredictionRequest.refusal(of: request)?.status == status)
  }

  @Test func `with a damaged form or too many files is refused`() throws {
    var cut = form("; filename=x\r\n\r\ncontent")
    cut.body.removeLast(3)
    #expect(try refusal(cut).status == 400)
    let file = "; filename=x\r\n\r\n1"
    #expect(try pictures(form(file, file, file)).count == 3)
    let answer = try refusal(form(file, file, file, file))
    #expect(answer.status == 413 && answer.error.contains("4 files; at most 3"), "\(answer)")
  }
}
