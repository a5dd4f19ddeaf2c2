import Foundation
import TestSupport
import Testing

/// Workers that fetch the photographs from a web server of their owner's.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct ServedPhotographsTests {
  /// What lies below the folder, as any web server gives it.
  private static func file(
    in folder: String, _ request: LocalHTTPServer.Request
  ) -> LocalHTTPServer.Answer {
    let path = request.target.split(separator: "?")[0].removingPercentEncoding ?? ""
    guard let bytes = FileManager.default.contents(atPath: folder + path) else {
      return .init(status: 404, body: Array("not here".utf8))
    }
    return .file([UInt8](bytes), for: request)
  }

  /// A proxy of the machine has no part in the tests.
  private let environment = ["no_proxy": "127.0.0.1"]

  /// Trains with one worker, to the head of an undisturbed run.
  ///
  /// - Returns: what the worker said.
  private func train(
    _ cluster: Cluster, data: String, atStart: () throws -> Void = {}
  ) throws -> String {
    let coordinator = try cluster.startCoordinator(run: "served")
    let address = try coordinator.address()
    try atStart()
    let worker = try cluster.startWorker(address, ["--data", data], environment: environment)
    #expect(try coordinator.finishedHead() == (try Cluster.undisturbedHead.get()))
    let outcome = try worker.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome)")
    return outcome.errors
  }

  @Test func `none has to be sent where a server has them all, and few connections are made`()
    throws
  {
    let cluster = try Cluster()
    let folder = cluster.folder.path + "/kept"
    try FileManager.default.copyItem(atPath: cluster.photographs, toPath: folder)
    let server = try LocalHTTPServer(keepsConnections: true) { Self.file(in: folder, $0) }
    let errors = try train(cluster, data: server.address("")) {
      // From here on only the server has them.
      try FileManager.default.removeItem(atPath: cluster.photographs)
    }
    #expect(errors.isEmpty)
    #expect(Set(server.requests.map(\.target)).count == 3 * Cluster.photographsPerClass)
    #expect(server.connectionCount <= 4)
  }

  @Test func `a server that lies, cuts off and sends elsewhere changes nothing`() throws {
    let cluster = try Cluster()
    let folder = cluster.photographs
    let elsewhere = try LocalHTTPServer { Self.file(in: folder, $0) }
    let server = try LocalHTTPServer { request in
      var answer = Self.file(in: folder, request)
      // Each kind follows from the photograph, so that it meets some whatever their order.
      switch request.target.utf8.reduce(0, { $0 &+ Int($1) }) % 8 {
      case 0: answer.body[answer.body.count / 2] ^= 1
      case 1: answer.body += answer.body
      case 2: answer.cutAfter = answer.body.count / 2
      case 3: answer = .redirect(to: elsewhere.address(String(request.target.dropFirst())))
      case 4: answer = .init(status: 500)
      case 5: answer = .init(status: 404)
      default: break
      }
      return answer
    }
    let errors = try train(cluster, data: server.address(""))
    #expect(errors.contains("a photograph didn't come from the server of --data"), "\(errors)")
    #expect(errors.contains("\(server.address(""))"), "\(errors)")
    #expect(errors.split(separator: "\n").count <= 2, "\(errors)")
    #expect(elsewhere.requests.isEmpty)
  }

  @Test
  func `bytes of the right length that are no photograph of the run are told as what they are`()
    throws
  {
    let cluster = try Cluster()
    let folder = cluster.photographs
    let server = try LocalHTTPServer { request in
      var answer = Self.file(in: folder, request)
      answer.body[answer.body.count / 2] ^= 1
      return answer
    }
    let errors = try train(cluster, data: server.address(""))
    #expect(errors.contains("another SHA-256"), "\(errors)")
    #expect(errors.contains("in a row"), "\(errors)")
    // It is left alone: none but those that were under way is asked for.
    #expect(server.requests.count <= 16)
  }

  @Test func `where nobody listens the coordinator is asked, and the address and the cause told`()
    throws
  {
    let cluster = try Cluster()
    // A port that was free a moment ago: the server is gone when it is asked.
    let address = try LocalHTTPServer { _ in .init() }.address("photos/")
    let errors = try train(cluster, data: address)
    #expect(errors.contains(address) && errors.contains("in a row"), "\(errors)")
  }

  @Test func `a server that stalls holds nothing up for long`() throws {
    let cluster = try Cluster()
    let folder = cluster.photographs
    let server = try LocalHTTPServer { request in
      var answer = Self.file(in: folder, request)
      answer.stallAfter = 10
      return answer
    }
    let errors = try train(cluster, data: server.address(""))
    #expect(errors.contains("nothing came for 5 seconds"), "\(errors)")
  }

  @Test func `another folder is told of, and no password shown`() throws {
    let cluster = try Cluster()
    let server = try LocalHTTPServer { _ in .init(status: 404) }
    let port = server.port
    let errors = try train(
      cluster, data: "http://anna:geheim@127.0.0.1:\(port)/other?signature=verborgen")
    #expect(
      errors.contains("none of the run's photographs so far is in http://127.0.0.1:\(port)/other/"),
      "\(errors)")
    #expect(!errors.contains("geheim") && !errors.contains("verborgen"), "\(errors)")
    let request = try #require(server.requests.first)
    #expect(request.headers["authorization"] == "Basic YW5uYTpnZWhlaW0=")
    #expect(request.target.hasPrefix("/other/") && request.target.hasSuffix("?signature=verborgen"))
    #expect(server.requests.count <= 40)
  }

  @Test(arguments: ["ftp://nas/photos", "http://", "https://nas/photos#top", "s3://box/photos"])
  func `an address that is none is named`(_ address: String) throws {
    let outcome = try RunningCommand.run("tl-worker", ["join", "127.0.0.1:1", "--data", address])
    #expect(outcome.exitCode == 64, "\(outcome)")
    #expect(
      outcome.errors.contains("'\(address)'")
        && outcome.errors.contains("https://nas.local/photos/"),
      "\(outcome)")
  }
}
