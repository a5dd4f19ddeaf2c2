import Foundation
import Images
import TestSupport
import Testing

/// What is wrong with a folder of photographs is told by name, and stops only where it must.
@Suite(.serialized) struct BadPhotographTests {
  @Test func `a missing folder is named and nothing is created`() throws {
    let bench = try Workbench()
    let outcome = try bench.start(data: bench.folder.path + "/nowhere")
    expectFailure(outcome, 65, "there is no folder", "nowhere")
    #expect(!FileManager.default.fileExists(atPath: bench.runsFolder))
  }

  @Test func `a folder with one class is refused`() throws {
    let bench = try Workbench()
    for folder in try bench.classFolders().dropFirst() {
      try FileManager.default.removeItem(atPath: folder)
    }
    expectFailure(try bench.start(), 65, "single class")
    #expect(!FileManager.default.fileExists(atPath: bench.runsFolder))
  }

  @Test func `a folder of photographs without classes is refused`() throws {
    let bench = try Workbench()
    expectFailure(try bench.start(data: try bench.classFolders()[0]), 65, "no subfolders")
  }

  @Test func `an empty folder is passed over, and one without photographs is an error`() throws {
    let bench = try Workbench()
    try FileManager.default.createDirectory(
      atPath: bench.photographs + "/weeds", withIntermediateDirectories: true)
    let outcome = try bench.start()
    #expect(outcome.exitCode == 0 && outcome.output.contains("weeds is passed over"), "\(outcome)")
    try Data("a list".utf8).write(to: URL(filePath: bench.photographs + "/weeds/list.txt"))
    expectFailure(try bench.start(run: "again"), 65, "weeds", "list.txt")
  }

  @Test func `the same photograph in two classes is left out of both`() throws {
    let bench = try Workbench()
    let folders = try bench.classFolders()
    let file = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folders[0]).sorted().first)
    try FileManager.default.copyItem(
      atPath: "\(folders[0])/\(file)", toPath: "\(folders[1])/twin.jpg")
    expectFailure(try bench.start("--strict-data"), 65, file, "twin.jpg", "several classes")
    let outcome = try bench.start()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("twin.jpg"), "\(outcome)")
    #expect(outcome.output.contains("29 photographs"), "\(outcome)")
  }

  @Test func `a text file named like a photograph is left out with a warning`() throws {
    let bench = try Workbench()
    try write(Array("no photograph at all".utf8), "notes.jpg", bench)
    let outcome = try bench.start()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("warning: ") && outcome.output.contains("notes.jpg"))
    #expect(outcome.output.contains("30 photographs"))
  }

  @Test func `too many undecodable photographs stop the run before its first epoch`() throws {
    let bench = try Workbench()
    let whole = try TestPhotographs.make(classCount: 1, countPerClass: 4, seed: 9).map(\.file)
    for (number, file) in whole.enumerated() {
      try write(Array(file[..<(file.count / 2)]), "half\(number).jpg", bench)
    }
    try write(Array("a text".utf8), "text.txt", bench)
    let outcome = try bench.start()
    // All at once, so that nobody repairs two files per attempt.
    expectFailure(
      outcome, 65, "5 of 35", "--undecodable-max", "half0.jpg", "half1.jpg", "half2.jpg",
      "half3.jpg", "text.txt")
    #expect(!FileManager.default.fileExists(atPath: bench.runsFolder))
    #expect(try bench.start("--undecodable-max", "0.2").exitCode == 0)
  }

  @Test func `a few undecodable photographs are left out and named`() throws {
    let bench = try Workbench()
    let whole = try TestPhotographs.make(classCount: 1, countPerClass: 1, seed: 9)[0].file
    try write(Array(whole[..<(whole.count / 2)]), "half.jpg", bench)
    // A header that promises 65,500 × 65,500 pixels, 12 GB of them.
    try write(enormous(whole), "enormous.jpg", bench)
    let outcome = try bench.start()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("half.jpg") && outcome.output.contains("enormous.jpg"))
    let status = try RunningCommand.run(
      "tl-coord", ["status", "run", "--runs", bench.runsFolder, "--json"])
    #expect(status.output.contains("\"state\": \"finished\""))
  }

  @Test func `one of more than a hundred is left out and named, and stops nothing`() throws {
    let cluster = try Cluster()
    let whole = try cluster.folder.read("photographs/amber/000.jpg")
    try cluster.folder.write(Array(whole.prefix(600)), to: "photographs/amber/truncated.jpg")
    let coordinator = try cluster.startCoordinator(run: "one", ["--local-workers", "1"], epochs: 2)
    _ = try coordinator.finishedHead()
    #expect(coordinator.command.text.contains("truncated.jpg is left out"))
  }

  @Test func `one that vanishes or changes after the start is skipped and named`() throws {
    for change in [nil, Array("another file".utf8)] {
      let cluster = try Cluster()
      let coordinator = try cluster.startCoordinator(run: "gone", epochs: 2)
      let address = try coordinator.address()
      let path = "photographs/amber/007.jpg"
      let bytes = try cluster.folder.read(path)
      try FileManager.default.removeItem(atPath: "\(cluster.folder.path)/\(path)")
      if let change { try cluster.folder.write(change, to: path) }
      let worker = try cluster.startWorker(address)
      _ = try coordinator.finishedHead()
      #expect(try worker.waitForExit().exitCode == 0)
      let became = change == nil ? "gone" : "changed"
      #expect(
        coordinator.command.text.contains(
          "amber/007.jpg is skipped: it has \(became) since the run began"))
      // With all photographs there again, the run is what it says.
      try cluster.folder.write(bytes, to: path)
      let verified = try RunningCommand.run(
        "tl-coord", ["verify", "--run", "gone", "--runs", cluster.runsFolder, "--threads", "1"])
      #expect(
        verified.exitCode == 0 && verified.output.contains("Sound: "), "\(verified)")
    }
  }

  @Test func `what was skipped and is there again when the run goes on was never away`() throws {
    let undisturbed = try Cluster.undisturbedHead.get()
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "back")
    let address = try coordinator.address()
    let path = "\(cluster.folder.path)/photographs/amber/007.jpg"
    try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
    let worker = try cluster.startWorker(address)
    try coordinator.waitForEvent("skipped")
    try coordinator.waitForCheckpoint()
    try coordinator.kill()
    worker.send(signal: SIGKILL)
    try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    let resumed = try cluster.startCoordinator(
      run: "back", ["--resume", "--local-workers", "1", "--worker-threads", "1"])
    #expect(try resumed.finishedHead() == undisturbed)
    #expect(resumed.command.text.contains("did without photographs that are there again"))
    _ = try worker.waitForExit()
  }

  @Test func `one that the machine can't read for a moment is waited for, and not skipped`() throws
  {
    let cluster = try Cluster()
    let coordinator = try cluster.startCoordinator(run: "short", epochs: 2)
    let address = try coordinator.address()
    let path = "\(cluster.folder.path)/photographs/amber/007.jpg"
    try FileManager.default.moveItem(atPath: path, toPath: path + ".away")
    // The first page of a process's memory: reading it is an input/output error, as with a bad disk.
    try FileManager.default.createSymbolicLink(
      atPath: path, withDestinationPath: "/proc/self/mem")
    let worker = try cluster.startWorker(address)
    try coordinator.command.waitForLine(containing: "can't be read at the moment")
    try FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: path + ".away", toPath: path)
    let head = try coordinator.finishedHead()
    #expect(try worker.waitForExit().exitCode == 0)
    #expect(coordinator.command.text.contains("can be read again"))
    #expect(!coordinator.command.text.contains("is skipped"))
    let undisturbed = try cluster.startCoordinator(
      run: "whole", ["--local-workers", "1"], epochs: 2)
    #expect(try undisturbed.finishedHead() == head)
  }

  @Test func `greyscale and four-ink photographs and PNGs named like JPEGs are as good as others`()
    throws
  {
    let bench = try Workbench()
    try write(Array(try #require(Data(base64Encoded: fourInks))), "inks.jpg", bench)
    let grey = RGBImage(width: 40, height: 30, pixels: [UInt8](repeating: 90, count: 3600))
    try write(try encodePNG(grey), "really-a-png.jpg", bench)
    try write(Array(try #require(Data(base64Encoded: greyscale))), "grey.jpg", bench)
    let outcome = try bench.start()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("33 photographs"), "\(outcome)")
    #expect(!outcome.output.contains("skipped"), "\(outcome)")
  }

  /// Puts a file into the first class.
  private func write(_ bytes: [UInt8], _ name: String, _ bench: Workbench) throws {
    try Data(bytes).write(to: URL(filePath: "\(try bench.classFolders()[0])/\(name)"))
  }

  /// The JPEG with another size in its frame header: the marker FF C0, two bytes of length, one of
  /// depth, then height and width.
  private func enormous(_ file: [UInt8]) -> [UInt8] {
    var file = file
    for place in 0..<file.count - 9 where file[place] == 0xFF && file[place + 1] == 0xC0 {
      for offset in [5, 7] {
        file.replaceSubrange(place + offset..<place + offset + 2, with: [0xFF, 0xDC])
      }
      break
    }
    return file
  }
}

/// 24 × 24 pixels of one channel, as JPEG.
private let greyscale = """
  /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQF\
  dBRkxOUlNSMj5aYVpQYEpRUk//wAALCAAYABgBAREA/8QAFgABAQEAAAAAAAAAAAAAAAAAAAQD/8QAGxAAAQQDAAAAAAAA\
  AAAAAAAAADI0cXSys+L/2gAIAQEAAD8A1e2t3WUqlAKntrd1lKpQCp7a3dZSr//Z
  """

/// 24 × 24 pixels of four inks, as JPEG.
private let fourInks = """
  /9j/7gAOQWRvYmUAZAAAAAAA/9sAQwANCQoLCggNCwoLDg4NDxMgFRMSEhMnHB4XIC4pMTAuKS0sMzpKPjM2RjcsLUBXQU\
  ZMTlJTUjI+WmFaUGBKUVJP/8AAFAgAGAAYBEMRAE0RAFkRAEsRAP/EABcAAQEBAQAAAAAAAAAAAAAAAAAGAwf/xAAUEAEA\
  AAAAAAAAAAAAAAAAAAAA/9oADgRDAE0AWQBLAAA/AOkKlovAAAAAAAAAAAf/2Q==
  """
