import Digest
import Foundation
import Images
import TestSupport
import Testing

/// What people do with a finished run, through the real command.
@Suite(.serialized) struct PredictTests {
  @Test func `a classifier names what photographs show`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let files = try photographs(bench)
    let outcome = try predict(bench, files)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == files.count)
    for (file, line) in zip(files, lines) {
      #expect(line.hasPrefix("\(file): ") && line.contains(" %"), "\(line)")
    }
    // In the same order and with the same numbers, however many are asked for at a time.
    #expect(try predict(bench, [files[7]]).output == lines[7] + "\n")
    let json = try predict(bench, [files[0]], "--json", "--top", "2")
    let answers = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [[String: Any]])
    let classes = try #require(answers.first?["classes"] as? [[String: Any]])
    #expect(classes.count == 2)
    let sum = classes.compactMap { $0["probability"] as? Double }.reduce(0, +)
    #expect(sum > 0.5 && sum <= 1)
  }

  @Test func `an answer may be the mean of a photograph's and its mirror image's`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    // As large as the network's input, so that nothing is resized.
    var numbers = SplitMix64(seed: 4, purpose: "test picture")
    let side = TinyModel.inputSize
    let pixels = (0..<3 * side * side).map { _ in UInt8(numbers.below(256)) }
    let mirrored = (0..<3 * side * side).map { place in
      let (pixel, row) = (place / 3 % side, place / (3 * side))
      return pixels[3 * (row * side + side - 1 - pixel) + place % 3]
    }
    let files = try [("plain", pixels), ("mirrored", mirrored)].map { name, pixels in
      try bench.folder.write(
        encodePNG(RGBImage(width: side, height: side, pixels: pixels)), to: "\(name).png")
    }
    func probabilities(_ arguments: String...) throws -> [[String: Double]] {
      let outcome = try RunningCommand.run(
        "tl-coord",
        ["predict", "--run", "run", "--runs", bench.runsFolder, "--json"] + arguments + files)
      let answers = try #require(
        JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]],
        "\(outcome)")
      return answers.map { answer in
        let classes = answer["classes"] as? [[String: Any]] ?? []
        return Dictionary(
          uniqueKeysWithValues: classes.map {
            ($0["class"] as? String ?? "", $0["probability"] as? Double ?? .nan)
          })
      }
    }
    let plain = try probabilities()
    let means = try probabilities("--flip-average")
    try #require(plain.count == 2 && plain[0].count == 3)
    #expect(plain[0] != plain[1])
    for (name, probability) in plain[0] {
      let mean = (probability + (plain[1][name] ?? .nan)) / 2
      for answer in means {
        #expect(abs((answer[name] ?? .nan) - mean) < 1e-6, "\(plain) \(means)")
      }
    }
    let outcome = try evaluate(bench, bench.photographs, "--flip-average")
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("the mean of a photograph and its mirror image"), "\(outcome)")
    let json = try evaluate(bench, bench.photographs, "--flip-average", "--json")
    #expect(json.output.contains("\"flip_average\": true"), "\(json)")
  }

  @Test func `what is no photograph is named and the others are answered`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let letter = try bench.folder.write(Array("a letter".utf8), to: "letter.jpg")
    let good = try photographs(bench)[0]
    let outcome = try predict(bench, [letter, good, "nowhere.jpg"])
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("letter.jpg"))
    // Once, and with the system's reason.
    #expect(outcome.errors.contains("error: nowhere.jpg: No such file or directory"), "\(outcome)")
    #expect(outcome.errors.components(separatedBy: "nowhere.jpg").count == 2)
    #expect(outcome.output.hasPrefix("\(good): "))
  }

  @Test func `folders, lists and standard input are predicted, as CSV too`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let files = try photographs(bench)
    try bench.folder.write(Array("a letter".utf8), to: "photographs/letter.txt")
    let outcome = try predict(bench, [bench.photographs], "--csv", "--top", "1")
    #expect(outcome.exitCode == 0, "\(outcome)")
    let lines = outcome.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "file,class_1,probability_1" && lines.count == files.count + 1)
    for (file, line) in zip(files, lines.dropFirst()) { #expect(line.hasPrefix("\(file),")) }

    // Of a picture in standard input, and of a list.
    let list = try bench.folder.write(Array((files[0] + "\n" + files[1]).utf8), to: "list")
    let command =
      "\(RunningCommand.folder)/tl-coord predict --run run --runs \(bench.runsFolder) - "
    let one = try RunningCommand.run("/bin/sh", ["-c", command + "< '\(files[0])'"])
    #expect(one.exitCode == 0 && one.output.hasPrefix("-: "), "\(one)")
    let two = try RunningCommand.run("/bin/sh", ["-c", command + "< '\(list)'"])
    #expect(two.output == (try predict(bench, Array(files[0...1])).output))
    expectFailure(
      try predict(bench, [files[0]], "--csv", "--json"), 64, "'--json' and '--csv'")
  }

  @Test(arguments: ["--json-lines", "--csv"])
  func `paths that come one after the other are answered one after the other`(
    _ format: String
  ) throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let files = try (0..<3).map { try bench.classFolders()[0] + "/00\($0).jpg" }
    let pipe = bench.folder.path + "/paths"
    #expect(unsafe mkfifo(pipe, 0o600) == 0)
    let command = try RunningCommand(
      "/bin/sh",
      [
        "-c",
        "exec '\(RunningCommand.folder)/tl-coord' predict --run run --runs '\(bench.runsFolder)' "
          + "\(format) - < '\(pipe)'",
      ])
    let writing = try FileHandle(forWritingTo: URL(filePath: pipe))
    for file in files {
      // Nothing more comes before this one is answered.
      try writing.write(contentsOf: Data("\(file)\n".utf8))
      try command.waitForLine(containing: file)
    }
    try writing.write(contentsOf: Data(files[0].utf8))
    try writing.close()
    let outcome = try command.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(
      outcome.output.split(separator: "\n").count == (format == "--csv" ? 5 : 4), "\(outcome)")
  }

  @Test func `a damaged newest checkpoint is passed over aloud`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let newest = try #require(try bench.checkpoints().last)
    try Data([1]).write(to: URL(filePath: newest))
    let outcome = try predict(bench, [try photographs(bench)[0]])
    #expect(outcome.exitCode == 0 && outcome.errors.contains(newest), "\(outcome)")
    #expect(outcome.errors.contains("passed over"))
  }

  @Test func `a classifier is measured on labelled photographs`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let outcome = try evaluate(bench, bench.photographs)
    #expect(outcome.exitCode == 0, "\(outcome)")
    // Three of ten of each class are kept for validation.
    #expect(outcome.output.contains("trained on 21 of these 30 photographs"), "\(outcome)")
    #expect(outcome.output.contains("of 9 photographs are classified correctly"), "\(outcome)")
    #expect(outcome.output.contains("Of the 21 that it was trained on: "), "\(outcome)")
    let json = try evaluate(bench, bench.photographs, "--json")
    let report = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    #expect(report["trained_on"] as? Int == 21)
    for (name, count) in [("others", 3), ("all", 10)] {
      let figures = try #require(report[name] as? [String: Any])
      let confusion = try #require(figures["confusion"] as? [[Int]])
      #expect(confusion.map { $0.reduce(0, +) } == [count, count, count])
      #expect(figures["correct"] as? Int == (0..<3).reduce(0) { $0 + confusion[$1][$1] })
      // Classes of equal size.
      let balanced = try #require(figures["balanced_accuracy"] as? Double)
      let accuracy = try #require(figures["accuracy"] as? Double)
      #expect(abs(balanced - accuracy) < 1e-12)
    }
    let csv = try evaluate(bench, bench.photographs, "--csv")
    let lines = csv.output.split(separator: "\n")
    #expect(lines.count == 31 && lines.count { $0.hasSuffix(",training") } == 21, "\(csv)")
    #expect(lines.count { $0.hasSuffix(",validation") } == 9)

    // Elsewhere, and renamed, they are known by their contents, whatever became of the run's own. A
    // run of an earlier build, which kept no list of them, says that it can't tell.
    let moved = bench.photographs + "-moved"
    try FileManager.default.moveItem(atPath: bench.photographs, toPath: moved)
    try FileManager.default.removeItem(atPath: moved + "/amber/000.jpg")
    try Data(tinyPicture(7)).write(to: URL(filePath: moved + "/amber/new.bmp"))
    let known = try evaluate(bench, moved)
    #expect(known.output.contains("Of the 1 that it has never met: "), "\(known)")
    try FileManager.default.removeItem(atPath: bench.runsFolder + "/run/manifest.bin")
    let unknown = try evaluate(bench, moved)
    #expect(unknown.exitCode == 0 && unknown.output.contains("can't be told"), "\(unknown)")
    #expect(unknown.output.contains("of 30 photographs are classified correctly"), "\(unknown)")
  }

  @Test func `a class that the classifier doesn't know is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let class0 = try bench.classFolders()[0]
    try FileManager.default.copyItem(atPath: class0, toPath: bench.photographs + "/weeds")
    for name in try FileManager.default.contentsOfDirectory(atPath: class0) {
      try FileManager.default.removeItem(atPath: "\(class0)/\(name)")
    }
    try FileManager.default.removeItem(atPath: class0)
    expectFailure(try evaluate(bench, bench.photographs), 65, "photographs of weeds")
  }

  @Test func `a damaged backbone is refused, and a run without a checkpoint has no classifier`()
    throws
  {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let photograph = try photographs(bench)[0]
    try Data(TinyModel.onnx(seed: 2)).write(
      to: URL(filePath: "\(bench.runsFolder)/run/backbone.bin"))
    expectFailure(try predict(bench, [photograph]), 65, "backbone.bin is damaged", "--resume")
    // Resuming a run that is done writes it anew.
    #expect(try bench.start("--resume").exitCode == 0)
    #expect(try predict(bench, [photograph]).exitCode == 0)
    for checkpoint in try bench.checkpoints() {
      try FileManager.default.removeItem(atPath: checkpoint)
    }
    expectFailure(try predict(bench, [photograph]), 65, "no checkpoint")
    expectFailure(
      try RunningCommand.run("tl-coord", ["predict", "--runs", bench.runsFolder]), 64, "IMAGE")
  }

  @Test func `photographs are sorted into a folder for each class, by links or copies`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "20").exitCode == 0)
    let files = try photographs(bench)
    // Of the same name in another folder, with other contents.
    let namesake = try bench.folder.write(
      try bench.folder.read(String(files[1].dropFirst(bench.folder.path.count + 1))),
      to: "other/000.jpg")
    for way in ["link", "copy"] {
      let sorted = bench.folder.path + "/sorted-" + way
      for time in 1...2 {
        let outcome = try predict(
          bench, files + [namesake], "--sort-into", sorted, "--sort-by", way, "--top", "1")
        #expect(outcome.exitCode == 0, "\(outcome)")
        let count = files.count + 1
        let words =
          time == 1 ? "\(count) \(way == "link" ? "links" : "copies")" : "\(count) more were there"
        #expect(outcome.errors.contains(words), "\(outcome)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == count)
        let found = try FileManager.default.subpathsOfDirectory(atPath: sorted)
          .filter { $0.hasSuffix(".jpg") }
        #expect(found.count == count, "\(found)")
      }
    }
  }

  @Test func `what can't be sorted is refused before anything is made`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let file = try bench.folder.write([1], to: "file")
    let intoFile = try predict(bench, [bench.photographs], "--sort-into", file)
    expectFailure(intoFile, 74, "no folder can be made at \(file)", "Not a directory")
    #expect(intoFile.output.isEmpty, "\(intoFile)")
    let sorted = bench.photographs + "/sorted"
    try bench.folder.write(
      try bench.folder.read("photographs/amber/000.jpg"), to: "photographs/sorted/1.jpg")
    expectFailure(
      try predict(bench, [bench.photographs], "--sort-into", sorted), 64, "lies in", "sorted")
    expectFailure(
      try predict(bench, [bench.photographs], "--csv", "--json-lines"), 64,
      "'--json-lines' and '--csv' don't go together")
    let left = try FileManager.default.contentsOfDirectory(atPath: sorted)
    #expect(left == ["1.jpg"])
  }

  @Test func `what is called a picture in a folder and is none is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let picture = try bench.folder.read(
      String(try photographs(bench)[0].dropFirst(bench.folder.path.count + 1)))
    try bench.folder.write(picture, to: "mixed/good.jpg")
    try bench.folder.write([], to: "mixed/empty.jpg")
    try bench.folder.write(Array("hello".utf8), to: "mixed/text.PNG")
    try bench.folder.write(Array("a note".utf8), to: "mixed/LICENSE.txt")
    let outcome = try predict(bench, [bench.folder.path + "/mixed"], "--csv")
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.output.split(separator: "\n").count == 2, "\(outcome)")
    // In the words of a start.
    #expect(outcome.errors.contains("empty.jpg: it is empty"), "\(outcome)")
    #expect(outcome.errors.contains("text.PNG"))
    #expect(!outcome.errors.contains("LICENSE"), "\(outcome)")
  }

  @Test func `an answer that can't be written is no success`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let files = try photographs(bench)
    // A device that is always full.
    let words = [RunningCommand.folder + "/tl-coord"]
    for arguments in [
      ["predict", "--run", "run", "--runs", bench.runsFolder, "--csv", files[0]],
      ["runs", "--runs", bench.runsFolder],
    ] {
      let outcome = try RunningCommand.run(
        "/bin/sh", ["-c", "exec \"$@\" > /dev/full", "sh"] + words + arguments)
      #expect(outcome.exitCode == 74, "\(outcome)")
      #expect(outcome.errors.contains("can't be written to stdout"), "\(outcome)")
    }
  }

  @Test func `JSON comes a line for each photograph, in their order`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let files = try photographs(bench)
    let outcome = try predict(bench, files, "--json-lines", "--top", "1")
    #expect(outcome.exitCode == 0, "\(outcome)")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == files.count)
    for (file, line) in zip(files, lines) {
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      #expect(object?["file"] as? String == file)
      #expect((object?["classes"] as? [Any])?.count == 1)
    }
  }

  private func photographs(_ bench: Workbench) throws -> [String] {
    try bench.classFolders().flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted().map { "\(folder)/\($0)" }
    }
  }

  private func predict(
    _ bench: Workbench, _ files: [String], _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["predict", "--run", "run", "--runs", bench.runsFolder] + arguments + files)
  }

  private func evaluate(
    _ bench: Workbench, _ folder: String, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["evaluate", folder, "--run", "run", "--runs", bench.runsFolder] + arguments)
  }
}
