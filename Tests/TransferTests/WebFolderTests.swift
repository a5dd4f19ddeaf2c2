import Testing
import Transfer

@Suite struct WebFolderTests {
  @Test(arguments: [
    ("http://nas.local", "http://nas.local/a/b.jpg"),
    ("http://nas.local/", "http://nas.local/a/b.jpg"),
    ("HTTPS://nas.local:8443/photos", "https://nas.local:8443/photos/a/b.jpg"),
    ("http://[fe80::1%25eth0]:80/x/y/", "http://[fe80::1%25eth0]:80/x/y/a/b.jpg"),
    ("https://nas/My Photos/früh", "https://nas/My%20Photos/fr%C3%BCh/a/b.jpg"),
    ("https://nas/My%20Photos", "https://nas/My%20Photos/a/b.jpg"),
    ("https://store/box?sig=a%2Fb&v=1", "https://store/box/a/b.jpg?sig=a%2Fb&v=1"),
    ("https://store?v=1", "https://store/a/b.jpg?v=1"),
  ])
  func `files have the folder's address and their path`(_ text: String, _ address: String) throws {
    #expect(try #require(WebFolder(text)).address(of: "a/b.jpg") == address)
  }

  @Test func `nothing in a path has a meaning of its own`() throws {
    let folder = try #require(WebFolder("http://nas/p"))
    #expect(
      folder.address(of: "a b/100%?x#y@:[]\\ü\u{1F33B}.jpg")
        == "http://nas/p/a%20b/100%25%3Fx%23y%40%3A%5B%5D%5C%C3%BC%F0%9F%8C%BB.jpg")
    #expect(folder.address(of: "http://other/x") == "http://nas/p/http%3A//other/x")
    #expect(folder.address(of: "A-z_0.9~") == "http://nas/p/A-z_0.9~")
  }

  @Test(arguments: [
    "", "nas.local/photos", "photos", "ftp://nas/photos", "file:///etc", "http:/nas", "http://",
    "http:///photos", "http://:80/photos", "http://anna@/photos", "http://n as/photos",
    "http://näs/photos", "http://nas/photos#top", "http://nas/x?a b", "http://nas\n/x",
    "http://nas/" + String(repeating: "x", count: 2_048),
  ])
  func `what is no address of a folder is none`(_ text: String) {
    #expect(WebFolder(text) == nil)
  }

  @Test func `what is shown has no password and no signature`() throws {
    let folder = try #require(WebFolder("https://anna:secret@1@nas:1/p?sig=hidden"))
    #expect(folder.address(of: "a b") == "https://anna:secret@1@nas:1/p/a%20b?sig=hidden")
    #expect(folder.description == "https://nas:1/p/")
    #expect(folder.description(of: "a b") == "https://nas:1/p/a%20b")
  }

  @Test func `an address is told from a folder of this machine`() {
    for text in ["http://nas/p", "ftp://nas/p", "s3://box"] { #expect(WebFolder.isMeant(by: text)) }
    for text in ["photos", "/srv/photos", "C:/photos"] { #expect(!WebFolder.isMeant(by: text)) }
  }
}
