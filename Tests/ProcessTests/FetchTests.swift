import Foundation
import TestSupport
import Testing

/// The catalogue, as people meet it. The real files are large and far away, so what is tried here are
/// servers that don't have them, and photographs that are there already; `CatalogueTests` fetch.
@Suite(.serialized) struct FetchTests {
  /// A cache of its own; nothing is asked but the servers of the test: what the catalogue itself names
  /// is behind a proxy where nobody listens.
  private struct Machine: ~Copyable {
    let folder: TemporaryFolder
    let proxy: LocalHTTPServer

    init() throws {
      let proxy = try LocalHTTPServer { _ in .init(status: 502) }
      folder = try TemporaryFolder()
      self.proxy = proxy
    }

    var catalogue: String { folder.path + "/cache/tl/catalogue" }

    func run(_ arguments: [String], mirror: String? = nil) throws -> RunningCommand.Outcome {
      try RunningCommand.run(
        "tl-coord", arguments, environment: environment(mirror), folder: folder.path)
    }

    func environment(_ mirror: String? = nil) -> [String: String] {
      var environment = [
        "XDG_CACHE_HOME": folder.path + "/cache", "TL_LISTEN": "127.0.0.1:0",
        "http_proxy": proxy.address(""), "https_proxy": proxy.address(""), "no_proxy": "127.0.0.1",
      ]
      environment["TL_MIRROR"] = mirror
      return environment
    }
  }

  @Test func `without a name it lists what there is, with size, licence and digest`() throws {
    let machine = try Machine()
    let outcome = try machine.run(["fetch"])
    #expect(outcome.exitCode == 0, "\(outcome)")
    for words in [
      "flowers", "218.2 MiB", "Creative Commons", "mobilenet-v3-large", "Apache 2.0",
      "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c", machine.catalogue,
    ] {
      #expect(outcome.output.contains(words), "no '\(words)': \(outcome)")
    }
    #expect(machine.proxy.requests.isEmpty)
  }

  @Test func `an unknown name is answered with those there are`() throws {
    let machine = try Machine()
    expectFailure(
      try machine.run(["fetch", "flower"]), 64, "Did you mean 'flowers'?", "cats-vs-dogs")
    let outcome = try machine.run(["start", "--backbone", "mobilenet-v9"])
    expectFailure(outcome, 65, "no network of that name", "mobilenet-v2")
    expectFailure(try machine.run(["start", "--data", "flower"]), 65, "Did you mean 'flowers'?")
  }

  @Test func `offline it says what is missing, where to put it by hand, and that the demo runs`()
    throws
  {
    let machine = try Machine()
    for arguments in [
      ["fetch", "flowers"], ["start", "--data", "flowers", "--local-workers", "1"],
    ] {
      let outcome = try machine.run(arguments)
      expectFailure(
        outcome, 69, "http://download.tensorflow.org/example_images/flower_photos.tgz",
        "\(machine.catalogue)/flower_photos.tgz", "228813984 bytes",
        "4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c", "The demo needs nothing"
      )
    }
    // Of two things that are missing both are named.
    expectFailure(
      try machine.run(["start", "--data", "flowers", "--backbone", "mobilenet-v2"]), 69,
      "mobilenet-v2 isn't here and can't be fetched", "flowers isn't here either",
      "'tl-coord fetch flowers'")
    // Through the proxy that the environment names.
    #expect(
      machine.proxy.requests.contains {
        $0.target == "http://download.tensorflow.org/example_images/flower_photos.tgz"
      })
    #expect(!FileManager.default.fileExists(atPath: machine.folder.path + "/runs"))
  }

  @Test func `a mirror that has something else is found out`() throws {
    let machine = try Machine()
    let mirror = try LocalHTTPServer { _ in .init(body: Array("a login page".utf8)) }
    let outcome = try machine.run(["fetch", "mobilenet-v2"], mirror: mirror.address("files/"))
    expectFailure(outcome, 69, "it has 12 bytes instead of 13964571")
    #expect(mirror.requests.map(\.target) == ["/files/mobilenetv2-12.onnx"])
  }

  @Test func `a wrong file put there by hand is named`() throws {
    let machine = try Machine()
    let path = try machine.folder.write(
      Array("<html>".utf8), to: "cache/tl/catalogue/mobilenetv2-12.onnx")
    let outcome = try machine.run(["start", "--backbone", "mobilenet-v2"])
    expectFailure(outcome, 65, path, "6 bytes", "Remove it")
    #expect(!outcome.output.contains("isn't on this machine"), "\(outcome)")
  }

  @Test func `Ctrl-C keeps what has come, and the next command goes on from there`() throws {
    let machine = try Machine()
    // It has the right length and stalls after a part.
    let count = 13_964_571
    let mirror = try LocalHTTPServer { request in
      var answer = LocalHTTPServer.Answer.file([UInt8](repeating: 7, count: count), for: request)
      answer.stallAfter = 3_000_000
      return answer
    }
    let environment = machine.environment(mirror.address())
    let first = try RunningCommand(
      "tl-coord", ["fetch", "mobilenet-v2"], environment: environment, folder: machine.folder.path)
    try first.waitForLine(containing: "fetching mobilenet-v2, 20 %")
    first.send(signal: SIGINT)
    #expect(try first.waitForExit().exitCode == 128 + SIGINT)
    let partial = machine.catalogue + "/mobilenetv2-12.onnx.partial"
    let size = try FileManager.default.attributesOfItem(atPath: partial)[.size] as? Int
    let kept = try #require(size)
    #expect(kept >= count / 5)
    let second = try RunningCommand(
      "tl-coord", ["fetch", "mobilenet-v2"], environment: environment, folder: machine.folder.path)
    try second.waitForLine(containing: "which are there")
    try second.waitForLine(containing: "fetching mobilenet-v2, 40 %")
    second.send(signal: SIGINT)
    _ = try second.waitForExit()
    #expect(mirror.requests.last?.rangeStart == kept)
  }

  @Test func `photographs that are here are trained on by their name`() throws {
    let machine = try Machine()
    let place = "cache/tl/catalogue/flowers-4c54ace7/flower_photos"
    for photograph in try TestPhotographs.make() {
      try machine.folder.write(photograph.file, to: "\(place)/\(photograph.relativePath)")
    }
    try machine.folder.write(Array("CC-BY".utf8), to: "\(place)/LICENSE.txt")
    let backbone = try machine.folder.write(TinyModel.onnx(seed: 1), to: "tiny.onnx")
    let arguments = [
      "start", "--data", "flowers", "--backbone", backbone, "--epochs", "1", "--batch-size", "8",
    ]
    let outcome = try machine.run(arguments)
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("Results in runs/flowers-1"), "\(outcome)")
    #expect(!outcome.output.contains("fetching"))
    // Elsewhere it is only looked for.
    let evaluated = try machine.run(["evaluate", "--run", "flowers-1", "flowers"])
    #expect(evaluated.exitCode == 0, "\(evaluated)")
    expectFailure(
      try machine.run(["evaluate", "--run", "flowers-1", "cats-vs-dogs"]), 69,
      "'tl-coord fetch cats-vs-dogs' gets it")
    #expect(machine.proxy.requests.isEmpty)
  }

  @Test func `a folder of that name comes first, and that is said`() throws {
    let machine = try Machine()
    try TestPhotographs.write(into: machine.folder, subfolder: "flowers")
    let backbone = try machine.folder.write(TinyModel.onnx(seed: 1), to: "tiny.onnx")
    let outcome = try machine.run([
      "start", "--data", "flowers", "--backbone", backbone, "--epochs", "1", "--batch-size", "8",
    ])
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(
      outcome.output.contains("--data flowers is what lies here under that name"), "\(outcome)")
    #expect(machine.proxy.requests.isEmpty)
  }
}
