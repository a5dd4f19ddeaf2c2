import Digest
import HTTP
import Testing

@Suite struct `Forms with files` {
  private func parts(
    _ text: String, boundary: String = "b", max: Int = 10
  ) throws -> [(String?, String?, String)] {
    let body = Array(text.utf8)
    return try MultipartForm(body, boundary: boundary, partsMax: max).parts.map {
      ($0.name, $0.filename, String(decoding: body[$0.content], as: UTF8.self))
    }
  }

  @Test func `are read part by part`() throws {
    let found = try parts(
      """
      --b\r
      Content-Disposition: form-data; name="picture"; filename="a b.jpg"\r
      Content-Type: image/jpeg\r
      \r
      first\r
      line\r
      --b \t\r
      content-disposition:form-data;filename=plain.png ; NAME=other\r
      \r
      \r
      --b\r
      \r
      no head\r
      --b--\r
      and whatever follows --b
      """)
    try #require(found.count == 3)
    #expect(found[0] == ("picture", "a b.jpg", "first\r\nline"))
    #expect(found[1] == ("other", "plain.png", ""))
    #expect(found[2] == (nil, nil, "no head"))
  }

  @Test
  func `may have something before their first boundary, and an empty part's single line break`()
    throws
  {
    let found = try parts("preamble --b\r\n--b\r\nX: y\r\n\r\n--b--")
    #expect(found.count == 1 && found[0] == (nil, nil, ""))
    #expect(try parts("--b--").isEmpty)
  }

  @Test(arguments: [
    (#"form-data; name="a\"b"; filename="c\\d\e""#, #"a"b"#, #"c\d\e"#),
    (#"form-data; name="x;y=z"; filename="C:\photos\1.jpg""#, "x;y=z", #"C:\photos\1.jpg"#),
    (#"form-data; name="ä\#u{301}"; filename="%22.jpg""#, "ä\u{301}", "%22.jpg"),
    (#"form-data; filename="never ends"#, nil, "never ends"),
    (#"form-data; name=one; name=two"#, "one", nil),
    (#"attachment; name=one"#, nil, nil), (#"form-data"#, nil, nil), (#";;=;a=;="x""#, nil, nil),
  ])
  func `have names as browsers and curl write them`(
    _ disposition: String, _ name: String?, _ filename: String?
  ) throws {
    let found = try parts("--b\r\nContent-Disposition: \(disposition)\r\n\r\nx\r\n--b--")
    try #require(found.count == 1)
    #expect(found[0] == (name, filename, "x"))
  }

  @Test(arguments: [
    ("", "begin"), ("--", "begin"), ("x--b\r\n", "begin"), ("--b", "ends before"),
    ("--b\r\n", "within the head"), ("--bc\r\n\r\nx\r\n--b--", "doesn't end its line"),
    ("--b\r\nA: b", "within the head"), ("--b\r\n\r\nx", "part 1 of the form has no end"),
    ("--b\r\n\r\nx\r\n--", "no end"), ("--b\r\n\r\nx\r\n--b\r\n\r\ny\r\n-b", "part 2"),
    ("--b\r\n\r\nx\r\n--b\n\r\ny", "doesn't end its line"),
    ("--b\r\n" + String(repeating: "x", count: 9000) + "\r\n\r\nx\r\n--b--", "8192 bytes"),
  ])
  func `that are damaged are refused by what is wrong`(_ text: String, _ words: String) throws {
    let error = #expect(throws: MultipartError.self) { _ = try parts(text) }
    #expect(error?.description.contains(words) ?? false, "\(String(describing: error))")
  }

  @Test func `have so many parts and no more`() throws {
    let body = String(repeating: "--b\r\n\r\nx\r\n", count: 11) + "--b--"
    #expect(try parts(body, max: 11).count == 11)
    #expect(throws: MultipartError.self) { _ = try parts(body, max: 10) }
  }

  @Test(arguments: [
    ("multipart/form-data; boundary=abc", "abc"),
    ("Multipart/Form-Data;charset=utf-8; BOUNDARY=\"a b;c\"", "a b;c"),
    ("multipart/form-data", nil), ("multipart/form-data; boundary=", nil),
    ("multipart/mixed; boundary=abc", nil), ("", nil), (";", nil), ("image/jpeg", nil),
    ("multipart/form-data; boundary=" + String(repeating: "x", count: 71), nil),
  ])
  func `are told by their type`(_ type: String, _ boundary: String?) {
    #expect(MultipartForm.boundary(contentType: type) == boundary)
  }

  @Test func `random bytes are no danger, and a picture comes out as it went in`() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var numbers = SplitMix64(seed: seed, purpose: "form")
    for _ in 0..<200 {
      // Many of the bytes that boundaries are made of.
      let picture = (0..<Int(numbers.below(3000))).map { _ in
        [13, 10, 45, 98, UInt8(numbers.below(256))][Int(numbers.below(5))]
      }
      let body =
        Array("--boundary\r\nContent-Disposition: form-data; filename=x\r\n\r\n".utf8) + picture
        + Array("\r\n--boundary--\r\n".utf8)
      let parts = try MultipartForm(body, boundary: "boundary", partsMax: 1).parts
      #expect(parts.map { Array(body[$0.content]) } == [picture], "seed \(seed)")
      _ = try? MultipartForm(picture, boundary: "b", partsMax: 10)
    }
  }
}
