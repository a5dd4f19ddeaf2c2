import Foundation
import TestSupport
import Testing

/// Workers that have the photographs already.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct OwnPhotographsTests {
  /// Copies of a cluster's photographs, in one folder and by other names.
  private func copies(_ cluster: Cluster) throws -> [String] {
    let folder = cluster.folder.path + "/copies/inner"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let names = try FileManager.default.subpathsOfDirectory(atPath: cluster.photographs).sorted()
      .filter { $0.hasSuffix(".jpg") }
    return try names.enumerated().map { number, name in
      let path = "\(folder)/\(names.count - number)"
      try FileManager.default.copyItem(atPath: "\(cluster.photographs)/\(name)", toPath: path)
      return path
    }
  }

  @Test func `none has to be sent to who has them all, whatever they are called`() throws {
    let cluster = try Cluster()
    _ = try copies(cluster)
    let coordinator = try cluster.startCoordinator(run: "own")
    let address = try coordinator.address()
    // From here on only the worker has them.
    try FileManager.default.removeItem(atPath: cluster.photographs)
    let worker = try cluster.startWorker(
      address, ["--data", cluster.folder.path + "/copies"])
    #expect(try coordinator.finishedHead() == (try Cluster.undisturbedHead.get()))
    #expect(try worker.waitForExit().exitCode == 0)
  }

  @Test func `what isn't the run's photograph is passed over, and the coordinator asked`() throws {
    let cluster = try Cluster()
    for (number, path) in try copies(cluster).enumerated() where !number.isMultiple(of: 3) {
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      bytes[bytes.count / 2] ^= 1
      try FileManager.default.removeItem(atPath: path)
      if number.isMultiple(of: 2) {
        try #require(mkfifo(path, 0o600) == 0)
      } else {
        try Data(bytes).write(to: URL(filePath: path))
      }
    }
    let coordinator = try cluster.startCoordinator(run: "own")
    let worker = try cluster.startWorker(
      try coordinator.address(), ["--data", cluster.folder.path + "/copies"])
    #expect(try coordinator.finishedHead() == (try Cluster.undisturbedHead.get()))
    #expect(try worker.waitForExit().exitCode == 0)
  }

  @Test func `a folder of something else is told of`() throws {
    let cluster = try Cluster()
    let other = cluster.folder.path + "/other"
    try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
    let coordinator = try cluster.startCoordinator(run: "own")
    let worker = try cluster.startWorker(try coordinator.address(), ["--data", other])
    #expect(try coordinator.finishedHead() == (try Cluster.undisturbedHead.get()))
    let outcome = try worker.waitForExit()
    #expect(outcome.exitCode == 0 && outcome.errors.contains(other), "\(outcome)")
  }

  @Test func `a folder that isn't there is named`() throws {
    let outcome = try RunningCommand.run(
      "tl-worker", ["join", "127.0.0.1:1", "--data", "nowhere/at/all"])
    #expect(outcome.exitCode == 64 && outcome.errors.contains("nowhere/at/all"), "\(outcome)")
  }
}
