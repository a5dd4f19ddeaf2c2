import Foundation
import RunFiles
import TestSupport
import Testing

/// A run's classifier behind a port, through the real command.
@Suite(.serialized) struct ServeTests {
  private struct Service {
    let command: RunningCommand
    let port: Int
    let key: String?

    func stop() throws -> Int32 {
      command.send(signal: SIGTERM)
      return try command.waitForExit().exitCode
    }

    func post(
      _ body: [UInt8], _ fields: [String: String] = [:]
    ) throws -> RawConnection.Answer {
      try #require(try RawConnection.post(body, to: "/predict", port: port, fields))
    }

    func predictions(of answer: RawConnection.Answer) throws -> [JSONValue] {
      try #require(try JSONValue(decoding: answer.body)["predictions"]?.array, "\(answer)")
    }

    func metric(_ name: String) throws -> Int? {
      let text = try #require(try RawConnection.get("/metrics", port: port)).text
      return text.split(separator: "\n").first { $0.hasPrefix("\(name) ") }
        .flatMap { Int($0.dropFirst(name.count + 1)) }
    }
  }

  private func trained() throws -> (Workbench, [String]) {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let files = try bench.classFolders().flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    }
    return (bench, files)
  }

  private func serve(_ bench: Workbench, _ arguments: String...) throws -> Service {
    var options = ["serve", "--run", "run", "--runs", bench.runsFolder]
    if !arguments.contains("--http") { options += ["--http", "127.0.0.1:0"] }
    let command = try RunningCommand("tl-coord", options + arguments)
    let line = try command.waitForLine(containing: "Served")
    let match = try #require(line.firstMatch(of: /http:\/\/[^:]+:(\d+)\/(?:\?key=([0-9a-f]{32}))?/))
    return Service(
      command: command, port: try #require(Int(match.1)), key: match.2.map(String.init))
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    Array(try #require(FileManager.default.contents(atPath: path)))
  }

  private func form(_ files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    files.flatMap { file in
      Array(
        "--b\r\nContent-Disposition: form-data; name=\"p\"; filename=\"\(file.name)\"\r\n\r\n".utf8)
        + file.bytes + Array("\r\n".utf8)
    } + Array("--b--\r\n".utf8)
  }

  private let formType = ["Content-Type": "multipart/form-data; boundary=b"]

  private func members(_ entry: JSONValue) -> [JSONValue.Member] {
    entry.members?.filter { $0.name != "file" } ?? []
  }

  @Test(
    arguments: [
      [], ["--none-of-these", "--top", "2"], ["--flip-average", "--best"],
    ] as [[String]])
  func `answers are those of predict, digit for digit`(_ options: [String]) throws {
    let (bench, files) = try trained()
    let expected = try RunningCommand.run(
      "tl-coord",
      ["predict", "--run", "run", "--runs", bench.runsFolder, "--json-lines"] + options + files
    ).output.split(separator: "\n").map { try JSONValue(decoding: Array($0.utf8)) }
    try #require(expected.count == files.count)
    let command = try RunningCommand(
      "tl-coord",
      ["serve", "--run", "run", "--runs", bench.runsFolder, "--http", "0", "--threads", "3"]
        + options)
    let line = try command.waitForLine(containing: "Served: http://127.0.0.1:")
    let port = try #require(line.firstMatch(of: /:(\d+)\//).flatMap { Int($0.1) })
    let service = Service(command: command, port: port, key: nil)
    // All at once, on connections of their own.
    let connections = try files.map { _ in try RawConnection(port: port) }
    for (file, connection) in zip(files, connections) {
      connection.post(try bytes(file), to: "/predict", ["Content-Type": "image/jpeg"])
    }
    for (expected, connection) in zip(expected, connections) {
      let answer = try #require(connection.readAnswer())
      let entry = try #require(try service.predictions(of: answer).first)
      #expect(members(entry) == members(expected), "\(answer)")
    }
    // And in one form, by their names.
    let answer = try service.post(
      form(try files.map { ($0, try bytes($0)) }), formType)
    #expect(try service.predictions(of: answer) == expected)
    #expect(try service.stop() == 0)
  }

  @Test func `what is no picture is told with the decoder's words, and the others are answered`()
    throws
  {
    let (bench, files) = try trained()
    let service = try serve(bench)
    let picture = try bytes(files[0])
    let letter = try service.post(Array("a letter".utf8))
    #expect(letter.status == 422 && letter.text.contains("not a picture of a known kind"))
    #expect(!letter.text.contains(bench.folder.path) && !letter.text.contains("dataset"))
    let cut = try service.post(Array(picture.prefix(picture.count / 2)))
    #expect(cut.status == 422 && cut.text.contains("truncated"), "\(cut)")
    let mixed = try service.post(
      form([("letter.txt", Array("a letter".utf8)), ("ü\u{1b}.jpg", picture)]), formType)
    #expect(mixed.status == 200, "\(mixed)")
    let entries = try service.predictions(of: mixed)
    #expect(entries[0]["error"]?.string?.contains("not a picture") == true)
    #expect(entries[1]["file"]?.string == "ü\u{1b}.jpg" && entries[1]["classes"] != nil)
    for (body, fields, status) in [
      ([], [:], 400), (picture, ["Content-Type": "text/html"], 415),
      (picture, ["Content-Type": "multipart/form-data; boundary=b"], 400),
      (picture, ["Origin": "http://evil.example"], 403), (picture, ["Host": "evil.example"], 421),
    ] as [([UInt8], [String: String], Int)] {
      let answer = try service.post(body, fields)
      #expect(answer.status == status, "\(answer)")
      #expect(try JSONValue(decoding: answer.body)["error"]?.string != nil, "\(answer)")
    }
    #expect(try RawConnection.get("/predict", port: service.port)?.status == 405)
    #expect(try RawConnection.get("/passwd", port: service.port)?.status == 404)
    #expect(try RawConnection.get("/healthz", port: service.port)?.text == "ok\n")
    let page = try #require(try RawConnection.get("/", port: service.port))
    #expect(page.status == 200 && page.text.contains("Choose pictures"))
    let classes = try JSONValue(
      decoding: try #require(try RawConnection.get("/classes", port: service.port)).body)
    #expect(classes["classes"]?.array?.count == Workbench.classCount)
    #expect(try service.metric("tl_predict_pictures_total{result=\"undecodable\"}") == 3)
    #expect(try service.metric("tl_predict_pictures_total{result=\"answered\"}") == 1)
    #expect(try service.stop() == 0)
  }

  @Test func `hostile clients are borne, and others answered beside them`() throws {
    let (bench, files) = try trained()
    let service = try serve(bench, "--body-megabytes", "1", "--connections", "100")
    let picture = try bytes(files[0])
    // Some that send nothing, half a head, half a body, garbage.
    let hostile = try [
      "", "POST /predict HTTP/1.1\r\nHo",
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500000\r\n\r\nhalf",
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
      "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
      "\u{16}\u{3}\u{1}\0\0garbage\r\n\r\n",
    ].map { text in
      let connection = try RawConnection(port: service.port)
      connection.send(text)
      return connection
    }
    // Some that leave before they are answered.
    for _ in 0..<20 {
      try RawConnection(port: service.port).post(picture, to: "/predict")
    }
    let long = try service.post([UInt8](repeating: 0, count: 1_000_001))
    #expect(long.status == 413 && long.text.contains("1000000 bytes"), "\(long)")
    let endless = try RawConnection(port: service.port)
    endless.ask("/predict", method: "POST", ["Transfer-Encoding": "chunked"])
    while endless.send("2710\r\n" + String(repeating: "x", count: 10_000) + "\r\n") {}
    // A picture that would need gigabytes.
    var bomb = try bytes(files[0])
    if let start = bomb.indices.dropLast(9).first(where: {
      bomb[$0] == 0xFF && [0xC0, 0xC2].contains(bomb[$0 + 1])
    }) {
      bomb.replaceSubrange(start + 5..<start + 9, with: [0xFF, 0xDC, 0xFF, 0xDC])
    }
    let huge = try service.post(bomb)
    #expect(huge.status == 422 && huge.text.contains("over the limit"), "\(huge)")
    try withExtendedLifetime(hostile) {
      let answer = try service.post(picture)
      #expect(answer.status == 200, "\(answer)")
    }
    #expect(try service.stop() == 0)
  }

  @Test func `what is under way is answered before it ends`() throws {
    let (bench, files) = try trained()
    let service = try serve(bench, "--threads", "1", "--timeout", "600")
    let picture = try bytes(files[0])
    // One that lacks its last byte, and others that wait for the one thread.
    let last = try RawConnection(port: service.port)
    last.ask("/predict", method: "POST", ["Content-Length": "\(picture.count)"])
    last.send(Array(picture.dropLast()))
    while try service.metric("tl_http_body_bytes") != picture.count - 1 {}
    let connections = try (0..<20).map { _ in try RawConnection(port: service.port) }
    for connection in connections { connection.post(picture, to: "/predict") }
    func taken() throws -> Int {
      try (service.metric("tl_predict_waiting") ?? 0)
        + (service.metric("tl_predict_pictures_total{result=\"answered\"}") ?? 0)
    }
    while try taken() != connections.count {}
    service.command.send(signal: SIGTERM)
    last.send([try #require(picture.last)])
    for connection in connections { #expect(connection.readAnswer()?.status == 200) }
    #expect(last.readAnswer()?.status == 200)
    #expect(try service.command.waitForExit().exitCode == 0)
  }

  @Test func `more than may wait are told to try again`() throws {
    let (bench, files) = try trained()
    let service = try serve(bench, "--threads", "1", "--queue", "1")
    // A form keeps the one thread busy while others come.
    let picture = try bytes(files[0])
    let many = form((0..<100).map { ("\($0)", picture) })
    let connections = try (0..<30).map { _ in try RawConnection(port: service.port) }
    for connection in connections { connection.post(many, to: "/predict", formType) }
    let answers = try connections.map { try #require($0.readAnswer()) }
    #expect(answers.contains { $0.status == 200 })
    let turnedAway = answers.filter { $0.status == 503 }
    #expect(turnedAway.allSatisfy { $0.fields["retry-after"] == "1" })
    #expect(try service.metric("tl_predict_rejected_total") == turnedAway.count)
    #expect(answers.allSatisfy { [200, 503].contains($0.status) })
    #expect(try service.stop() == 0)
  }

  @Test func `where others can reach it there is a key, its own or a given one`() throws {
    let (bench, files) = try trained()
    let picture = try bytes(files[0])
    let service = try serve(bench, "--http", "0.0.0.0:0")
    #expect(try service.post(picture).status == 401)
    let key = try #require(service.key)
    #expect(try service.post(picture, ["Authorization": "Bearer \(key)"]).status == 200)
    #expect(try service.stop() == 0)
    let file = try bench.folder.write(Array("0123456789abcdef_-XYZ\n".utf8), to: "key")
    try #require(chmod(file, 0o600) == 0)
    let given = try serve(bench, "--key-file", file)
    #expect(given.key == nil && !given.command.text.contains("0123456789"))
    #expect(try given.post(picture).status == 401)
    let entry = ["Authorization": "Bearer 0123456789abcdef_-XYZ"]
    #expect(try given.post(picture, entry).status == 200)
    #expect(try given.stop() == 0)
  }

  @Test func `a file that others may read says where it is served, and not the key`() throws {
    let (bench, files) = try trained()
    let output = bench.folder.path + "/output"
    let socket = try NotificationSocket()
    let command = try RunningCommand(
      "/bin/sh",
      [
        "-c", "umask 022; exec \"$@\" > '\(output)'", "sh", RunningCommand.folder + "/tl-coord",
        "serve", "--run", "run", "--runs", bench.runsFolder, "--http", "0.0.0.0:0",
      ], environment: ["NOTIFY_SOCKET": socket.name])
    #expect(socket.next()?.hasPrefix("READY=1") == true)
    let text = try String(contentsOfFile: output, encoding: .utf8)
    let place = try #require(text.firstMatch(of: /Served at http:\/\/[^:]+:(\d+)\//), "\(text)")
    let answer = try RawConnection.post(
      try bytes(files[0]), to: "/predict", port: try #require(Int(place.1)), [:])
    #expect(answer?.status == 401 && !text.contains("key="), "\(text)")
    command.send(signal: SIGTERM)
    #expect(try command.waitForExit().exitCode == 0)
  }

  @Test func `what can't be served is told`() throws {
    let (bench, _) = try trained()
    func outcome(_ arguments: String...) throws -> RunningCommand.Outcome {
      try RunningCommand.run("tl-coord", ["serve", "--runs", bench.runsFolder] + arguments)
    }
    expectFailure(try outcome("--run", "none"), 64, "there is no run 'none'")
    expectFailure(try outcome("--run", "run", "--http", "x"), 64, "--http", "a port")
    expectFailure(try outcome("--run", "run", "--threads", "0"), 64, "--threads")
    for key in ["short", "with a space in it all", ""] {
      let file = try bench.folder.write(Array(key.utf8), to: "key")
      try #require(chmod(file, 0o600) == 0)
      expectFailure(try outcome("--run", "run", "--key-file", file), 78, "16 to 256", file)
      try #require(chmod(file, 0o640) == 0)
      expectFailure(
        try outcome("--run", "run", "--key-file", file), 78, "others may read", "chmod 600")
    }
    expectFailure(try outcome("--run", "run", "--key-file", "nowhere"), 78, "nowhere")
    let service = try serve(bench)
    expectFailure(
      try outcome("--run", "run", "--http", "\(service.port)"), 69,
      "another program listens there")
    #expect(try service.stop() == 0)
    let few = try RunningCommand.run(
      "/bin/sh",
      [
        "-c", "ulimit -n 100 && exec \"$@\"", "sh", RunningCommand.folder + "/tl-coord", "serve",
        "--run", "run", "--runs", bench.runsFolder,
      ])
    expectFailure(few, 69, "descriptors", "ulimit -n", "--connections")
  }

  @Test func `can be ended while it waits for a key that somebody writes into a pipe`() throws {
    let folder = try TemporaryFolder()
    let pipe = folder.path + "/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    let command = try RunningCommand("tl-coord", ["serve", "--key-file", pipe])
    // Opens when the other end does.
    let descriptor = open(pipe, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    try #require(descriptor >= 0)
    command.send(signal: SIGTERM)
    #expect(try command.waitForExit().exitCode != 0)
  }
}
