import Catalogue
import Digest
import Foundation
import TestSupport
import Testing

/// A folder for what is fetched, and a file that a server gives.
struct Scene: ~Copyable {
  let folder: TemporaryFolder
  let file: [UInt8]

  static let network: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  init(_ file: [UInt8] = Scene.network) throws {
    folder = try TemporaryFolder()
    self.file = file
  }

  func entry(
    _ addresses: [String], contents: CatalogueEntry.Contents = .network(preprocess: .imagenet)
  ) -> CatalogueEntry {
    CatalogueEntry(
      name: "tiny", contents: contents, summary: "a tiny one", fileName: "tiny.bin",
      addresses: addresses, byteCount: file.count, digest: .sha256(file), licence: "none",
      sources: ["this test"])
  }

  var fetcher: Fetcher {
    var fetcher = Fetcher(CatalogueFolder(cache: folder.path))
    fetcher.limits.transfer.stallSeconds = 1
    return fetcher
  }

  /// As if so much were free on the disk.
  func fetcher(freeByteCount: Int?) -> Fetcher {
    var fetcher = fetcher
    fetcher.freeByteCount = { _ in freeByteCount }
    return fetcher
  }

  var partial: String { fetcher.folder.path + "/tiny.bin.partial" }

  func writePartial(_ bytes: [UInt8]) throws {
    try folder.write(bytes, to: "catalogue/tiny.bin.partial")
  }

  func names() -> Set<String> {
    Set((try? FileManager.default.contentsOfDirectory(atPath: fetcher.folder.path)) ?? [])
  }
}

@Suite struct FetcherTests {
  @Test func `a file is fetched once, and checked`() throws {
    let scene = try Scene()
    let file = scene.file
    let server = try LocalHTTPServer { .file(file, for: $0) }
    let entry = scene.entry([server.address("tiny.bin")])
    #expect(!scene.fetcher.folder.holds(entry))
    for _ in 0..<2 {
      let path = try scene.fetcher.fetch(entry)
      #expect(path == scene.fetcher.folder.path + "/tiny.bin")
      #expect(try scene.folder.read("catalogue/tiny.bin") == file)
    }
    #expect(scene.fetcher.folder.holds(entry))
    #expect(server.requests.count == 1)
    #expect(scene.names() == ["tiny.bin", "tiny.bin.lock"])
  }

  @Test func `what comes is told`() throws {
    let scene = try Scene()
    let file = scene.file
    let server = try LocalHTTPServer { .file(file, for: $0) }
    var events: [FetchEvent] = []
    _ = try scene.fetcher.fetch(scene.entry([server.address()])) { events.append($0) }
    #expect(events.first == .asking(address: server.address(), from: 0))
    #expect(events.last == .received(byteCount: file.count))
  }

  @Test(arguments: [true, false])
  func `a cut connection is taken up again, whether the server honours ranges or not`(
    _ honoursRanges: Bool
  ) throws {
    let scene = try Scene()
    let file = scene.file
    let server = try LocalHTTPServer { request in
      var answer = LocalHTTPServer.Answer.file(file, for: request, honoursRanges: honoursRanges)
      // Three times, so that it is taken up more than once.
      if request.rangeStart ?? 0 < 200_000, honoursRanges { answer.cutAfter = 100_000 }
      if !honoursRanges, request.rangeStart == nil { answer.cutAfter = 100_000 }
      return answer
    }
    _ = try scene.fetcher.fetch(scene.entry([server.address()]))
    #expect(try scene.folder.read("catalogue/tiny.bin") == file)
    #expect(
      server.requests.map(\.rangeStart)
        == (honoursRanges ? [nil, 100_000, 200_000] : [nil, 100_000]))
  }

  @Test func `a later process goes on where an earlier one was ended`() throws {
    let scene = try Scene()
    let file = scene.file
    try scene.writePartial(Array(file[..<123_456]))
    let server = try LocalHTTPServer { .file(file, for: $0) }
    _ = try scene.fetcher.fetch(scene.entry([server.address()]))
    #expect(server.requests.map(\.rangeStart) == [123_456])
    #expect(try scene.folder.read("catalogue/tiny.bin") == file)
  }

  @Test func `what was left and is wrong is fetched anew, once`() throws {
    let scene = try Scene()
    let file = scene.file
    let server = try LocalHTTPServer { .file(file, for: $0) }
    for wrong in [
      [UInt8](repeating: 0, count: 1_000), [UInt8](repeating: 0, count: file.count),
      [UInt8](repeating: 0, count: file.count + 1),
    ] {
      try scene.writePartial(wrong)
      _ = try scene.fetcher.fetch(scene.entry([server.address()]))
      #expect(try scene.folder.read("catalogue/tiny.bin") == file)
      try FileManager.default.removeItem(atPath: scene.fetcher.folder.path + "/tiny.bin")
    }
    #expect(server.requests.map(\.rangeStart) == [1_000, nil, nil, nil])
  }

  @Test func `a whole partial file needs its name alone`() throws {
    let scene = try Scene()
    try scene.writePartial(scene.file)
    _ = try scene.fetcher.fetch(scene.entry([]))
    #expect(try scene.folder.read("catalogue/tiny.bin") == scene.file)
  }

  @Test func `what another address began, the next one goes on with`() throws {
    let scene = try Scene()
    let file = scene.file
    let first = try LocalHTTPServer { request in
      var answer = LocalHTTPServer.Answer.file(file, for: request)
      answer.cutAfter = request.rangeStart == nil ? 50_000 : 0
      return answer
    }
    let second = try LocalHTTPServer { .file(file, for: $0) }
    _ = try scene.fetcher.fetch(scene.entry([first.address(), second.address()]))
    #expect(second.requests.map(\.rangeStart) == [50_000])
    #expect(try scene.folder.read("catalogue/tiny.bin") == file)
  }

  @Test func `a mirror is asked first, and checked like any other`() throws {
    let scene = try Scene()
    let file = scene.file
    let official = try LocalHTTPServer { .file(file, for: $0) }
    let liar = try LocalHTTPServer { _ in .init(body: [UInt8](repeating: 1, count: file.count)) }
    var fetcher = scene.fetcher
    fetcher.mirror = liar.address("files")
    _ = try fetcher.fetch(scene.entry([official.address()]))
    #expect(liar.requests.map(\.target) == ["/files/tiny.bin"])
    #expect(try scene.folder.read("catalogue/tiny.bin") == file)
  }

  // MARK: Bad servers

  /// Fetches from a server that has nothing right; the error, and what is left.
  private func expectFailure(
    _ scene: borrowing Scene, _ code: CatalogueError.Code, says texts: String...,
    answer: @escaping @Sendable (LocalHTTPServer.Request) -> LocalHTTPServer.Answer
  ) throws {
    let server = try LocalHTTPServer(answer)
    let entry = scene.entry([server.address()])
    let fetcher = scene.fetcher
    let error = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
    #expect(error?.code == code)
    for text in texts {
      #expect(error?.description.contains(text) == true, "\(String(describing: error))")
    }
    #expect(!scene.names().contains("tiny.bin"))
  }

  @Test func `other contents of the right length are refused, and nothing of them stays`() throws {
    let scene = try Scene()
    let count = scene.file.count
    try expectFailure(scene, .unavailable, says: "another file", "SHA-256") { _ in
      .init(body: [UInt8](repeating: 1, count: count))
    }
    #expect(FileManager.default.contents(atPath: scene.partial)?.isEmpty == true)
  }

  @Test func `a file of another length is refused before it comes`() throws {
    let scene = try Scene()
    for count in [scene.file.count - 1, scene.file.count + 1, 40] {
      try expectFailure(scene, .unavailable, says: "it has \(count) bytes instead of") { _ in
        .init(body: [UInt8](repeating: 1, count: count))
      }
      #expect(FileManager.default.contents(atPath: scene.partial)?.isEmpty == true)
    }
  }

  @Test func `a server that says no length and doesn't stop is stopped`() throws {
    let scene = try Scene()
    let file = scene.file
    try expectFailure(scene, .unavailable, says: "more than \(file.count) bytes") { _ in
      .init(
        headers: ["Transfer-Encoding": "chunked"],
        body: Array("FFFFF\r\n".utf8) + [UInt8](repeating: 1, count: 0xFFFFF)
          + Array("\r\n0\r\n\r\n".utf8))
    }
    let size = try FileManager.default.attributesOfItem(atPath: scene.partial)[.size] as? Int
    #expect((size ?? .max) <= file.count)
  }

  @Test func `a server that sends another part is refused`() throws {
    let scene = try Scene()
    let file = scene.file
    try scene.writePartial(Array(file[..<1_000]))
    try expectFailure(scene, .unavailable, says: "another part") { _ in
      .init(
        status: 206, headers: ["Content-Range": "bytes 0-\(file.count - 1)/\(file.count)"],
        body: file)
    }
  }

  @Test func `a page that isn't there, a circle and a stall are each told, with the way by hand`()
    throws
  {
    let scene = try Scene()
    let file = scene.file
    let place = scene.fetcher.folder.path + "/tiny.bin"
    try expectFailure(
      scene, .unavailable, says: "404", place, "\(file.count) bytes", "\(scene.entry([]).digest)",
      "The demo needs nothing"
    ) { _ in .init(status: 404) }
    try expectFailure(scene, .unavailable, says: "redirected") { _ in .redirect(to: "/again") }
    try expectFailure(scene, .unavailable, says: "nothing came for 1 second") { request in
      var answer = LocalHTTPServer.Answer.file(file, for: request)
      answer.stallAfter = 0
      return answer
    }
  }

  @Test func `what came before a server failed stays for the next time`() throws {
    let scene = try Scene()
    let file = scene.file
    try expectFailure(scene, .unavailable, says: "are kept") { request in
      var answer = LocalHTTPServer.Answer.file(file, for: request)
      answer.cutAfter = request.rangeStart == nil ? 100_000 : 0
      return answer
    }
    #expect(FileManager.default.contents(atPath: scene.partial)?.count == 100_000)
  }

  // MARK: By hand

  @Test func `a file that was put there by hand is used if it is the right one`() throws {
    let scene = try Scene()
    let entry = scene.entry([])
    try scene.folder.write(scene.file, to: "catalogue/tiny.bin")
    #expect(try scene.fetcher.fetch(entry) == scene.fetcher.folder.place(of: entry))
    let path = try scene.folder.write(Array("<html>".utf8), to: "catalogue/tiny.bin")
    let fetcher = scene.fetcher
    let error = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
    #expect(error?.code == .data)
    #expect(error?.message.contains(path) == true)
    #expect(error?.message.contains("6 bytes") == true)
  }

  // MARK: The disk

  @Test func `a lack of room is told before anything is fetched, with the room that it takes`()
    throws
  {
    let scene = try Scene()
    let file = scene.file
    let server = try LocalHTTPServer { .file(file, for: $0) }
    let fetcher = scene.fetcher(freeByteCount: 100_000)
    let entry = scene.entry([server.address()])
    let error = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
    #expect(error?.code == .inputOutput)
    #expect(error?.message.contains("needs 0.3 MiB") == true, "\(String(describing: error))")
    #expect(server.requests.isEmpty)
    // What is there already takes no more room.
    try scene.writePartial(Array(file[..<250_000]))
    _ = try fetcher.fetch(entry)
  }

  @Test(.enabled(if: geteuid() == 0, "skipped: only root may mount a small disk"))
  func `a disk that fills up keeps what came, and says how much more it takes`() throws {
    let scene = try Scene()
    let file = scene.file
    let small = scene.folder.path + "/catalogue"
    try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: true)
    let mounted = try RunningCommand.run(
      "/usr/bin/env", ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", small])
    try #require(mounted.exitCode == 0, "\(mounted)")
    defer { _ = try? RunningCommand.run("/usr/bin/env", ["umount", small]) }
    let server = try LocalHTTPServer { .file(file, for: $0) }
    let entry = scene.entry([server.address()])
    // The system's own answer, before.
    let fetcher = scene.fetcher
    let before = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
    #expect(before?.message.contains("there is no room for tiny") == true)
    #expect(server.requests.isEmpty)
    // As if others had filled it meanwhile.
    let unaware = scene.fetcher(freeByteCount: nil)
    let during = #expect(throws: CatalogueError.self) { _ = try unaware.fetch(entry) }
    #expect(during?.code == .inputOutput)
    #expect(during?.message.contains("there is no room left for tiny") == true)
    #expect(during?.advice.contains("are kept") == true, "\(String(describing: during))")
    let kept = try #require(FileManager.default.contents(atPath: scene.partial))
    #expect(!kept.isEmpty && Array(kept) == Array(file[..<kept.count]))
  }

  @Test func `a folder that can't be made is named`() throws {
    let scene = try Scene()
    let path = try scene.folder.write([1], to: "file")
    let fetcher = Fetcher(CatalogueFolder(cache: path))
    let entry = scene.entry([])
    let error = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
    #expect(error?.code == .inputOutput)
    #expect(error?.message.contains(path) == true)
  }

  // MARK: Two at once

  @Test func `of two at once one fetches and the other waits`() async throws {
    let scene = try Scene()
    let file = scene.file
    let isAsked = DispatchSemaphore(value: 0)
    let mayAnswer = DispatchSemaphore(value: 0)
    let server = try LocalHTTPServer { request in
      isAsked.signal()
      mayAnswer.wait()
      return .file(file, for: request)
    }
    let entry = scene.entry([server.address()])
    let fetcher = scene.fetcher
    let first = FetchThread { try fetcher.fetch(entry) { _ in } }
    isAsked.wait()
    let second = FetchThread {
      try fetcher.fetch(entry) { if $0 == .waiting { mayAnswer.signal() } }
    }
    #expect(try first.result() == fetcher.folder.place(of: entry))
    #expect(try second.result() == fetcher.folder.place(of: entry))
    #expect(server.requests.count == 1)
  }
}

/// A call on a thread of its own.
private final class FetchThread: @unchecked Sendable {
  private let isDone = DispatchSemaphore(value: 0)
  // Written before the semaphore is raised, read after. Hence "unchecked".
  private var outcome: Result<String, any Error>?

  init(_ body: @escaping @Sendable () throws -> String) {
    Thread.detachNewThread { [self] in
      outcome = Result { try body() }
      isDone.signal()
    }
  }

  func result() throws -> String {
    isDone.wait()
    return try outcome!.get()
  }
}
