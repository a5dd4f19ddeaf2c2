import Testing
import Transfer

struct AnswerHeadTests {
  private func head(_ lines: String...) -> AnswerHead {
    var head = AnswerHead()
    for line in lines { head.take(line: line + "\r\n") }
    return head
  }

  @Test func `status, length and range are read, whatever the case of their names`() {
    let head = head(
      "HTTP/1.1 206 Partial Content", "content-LENGTH: 100", "Content-Range:bytes 100-199/200")
    #expect(head.status == 206)
    #expect(head.contentLength == 100)
    #expect(head.contentRange == .init(first: 100, last: 199, total: 200))
  }

  @Test func `only the last answer counts`() {
    let head = head("HTTP/1.1 302 Found", "Content-Length: 7", "", "HTTP/2 200")
    #expect(head.status == 200)
    #expect(head.contentLength == nil)
  }

  @Test(arguments: [
    "bytes 1-", "bytes 5-4/10", "bytes 0-9/9", "bytes -1-5/10", "lines 0-1/2", "bytes 0-1/x",
    "bytes 0-1/99999999999999999999", "", "bytes", "bytes 0-1/2/3",
  ])
  func `a range that makes no sense is none`(_ text: String) {
    #expect(head("HTTP/1.1 206 Partial Content", "Content-Range: \(text)").contentRange == nil)
  }

  @Test func `a total may be unknown`() {
    #expect(
      head("HTTP/1.1 206 P", "Content-Range: bytes 0-1/*").contentRange
        == .init(first: 0, last: 1, total: nil))
  }

  @Test(arguments: [
    ("https://nas.local/a/b.jpg", "https://nas.local/a/b.jpg"),
    ("http://bob:s3cret@nas.local:81/x/@me.jpg?sig=TOP#end", "http://nas.local:81/x/@me.jpg"),
    ("//bob:s3@cret@nas.local/x", "//nas.local/x"), ("/x/b.jpg?sig=TOP", "/x/b.jpg"),
    ("https://bob@nas.local?sig=a//b@c", "https://nas.local"), ("b.jpg", "b.jpg"), ("", ""),
  ])
  func `where a redirect leads is shown without secrets`(_ location: String, _ shown: String) {
    var head = AnswerHead()
    for line in ["HTTP/1.1 302 Found", "Location: \(location)"] { head.take(line: line) }
    #expect(head.location == shown)
  }
}
