import Foundation
import TestSupport
import Testing

/// Doubtful labels, through the real command.
@Suite(.serialized) struct SuspectsTests {
  private func suspects(
    _ bench: Workbench, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["suspects", "--run", "run", "--runs", bench.runsFolder] + arguments,
      environment: ["TL_CACHE": bench.folder.path + "/cache"])
  }

  /// Three classes, each with one photograph that belongs to the next.
  private func swap(_ bench: Workbench) throws -> Set<String> {
    let classes = try bench.classFolders()
    var wrong: Set<String> = []
    for (place, folder) in classes.enumerated() {
      let target = classes[(place + 1) % classes.count]
      try FileManager.default.moveItem(
        atPath: "\(folder)/00\(place).jpg", toPath: "\(target)/was-\(place).jpg")
      wrong.insert("\(URL(filePath: target).lastPathComponent)/was-\(place).jpg")
    }
    return wrong
  }

  @Test func `swapped labels come first, wherever the features are from`() throws {
    let bench = try Workbench()
    let wrong = try swap(bench)
    #expect(try bench.start("--epochs", "40").exitCode == 0)
    let files = try bench.files()
    let computed = try suspects(bench, "--csv", "--top", "4")
    #expect(computed.exitCode == 0, "\(computed)")
    let lines = computed.output.split(separator: "\n").map(String.init)
    #expect(lines.first == "file,label,probability,others_say,others_probability,looks_like")
    try #require(lines.count == 5)
    let first = lines.dropFirst().prefix(3).map { String($0.prefix { $0 != "," }) }
    #expect(Set(first) == wrong, "\(computed)")

    // The run is what it was, but for the page.
    var after = try bench.files()
    let page = after.removeValue(forKey: "suspects.html")
    #expect(after == files)
    let text = String(decoding: try #require(page), as: UTF8.self)
    for path in wrong { #expect(text.contains(path)) }
    #expect(text.contains("data:image/jpeg;base64,") && !text.contains("<script"))

    // The same again, and as JSON and for people.
    #expect(try suspects(bench, "--csv", "--top", "4").output == computed.output)
    let json = try suspects(bench, "--json-lines", "--top", "3").output.split(separator: "\n")
    let objects = try json.compactMap {
      try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
    }
    #expect(objects.compactMap { $0["file"] as? String } == first)
    for object in objects {
      let own = try #require(object["probability"] as? Double)
      let others = try #require(object["others_probability"] as? Double)
      #expect(own < others && object["label"] as? String != object["others_say"] as? String)
    }
    let people = try suspects(bench)
    #expect(people.output.contains("Of 30 photographs the others would give"), "\(people)")
    #expect(people.errors.contains("suspects.html shows them"))
    for path in wrong { #expect(people.output.contains(path)) }
  }

  @Test func `photographs that have gone are named, and without any there is nothing to say`()
    throws
  {
    let bench = try Workbench()
    #expect(try bench.start("--cache", "off").exitCode == 0)
    let gone = try bench.classFolders()[1] + "/003.jpg"
    try FileManager.default.removeItem(atPath: gone)
    let outcome = try suspects(bench, "--cache", "off")
    #expect(outcome.exitCode == 65 && outcome.errors.contains("/003.jpg is left out"), "\(outcome)")
    #expect(outcome.output.contains("Of 29 photographs"))
    try FileManager.default.moveItem(atPath: bench.photographs, toPath: bench.photographs + "-2")
    expectFailure(try suspects(bench, "--cache", "off"), 65, "--data DIR")
    let there = try suspects(bench, "--cache", "off", "--data", bench.photographs + "-2")
    #expect(there.output.contains("Of 29 photographs"), "\(there)")
    #expect(there.errors.contains("suspects.html shows them"))
    expectFailure(try suspects(bench, "--data", "nowhere"), 65, "no folder 'nowhere'")
    expectFailure(try suspects(bench, "--csv", "--json"), 64, "don't go together")
    expectFailure(try suspects(bench, "--top", "0"), 64, "--top")
  }

  @Test func `the page and the command agree on photographs that can't be shown`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--cache", bench.folder.path + "/cache").exitCode == 0)
    let classes = try bench.classFolders()
    func page() throws -> String {
      try String(contentsOfFile: "\(bench.runsFolder)/run/suspects.html", encoding: .utf8)
    }
    for name in try FileManager.default.contentsOfDirectory(atPath: classes[0]) {
      try FileManager.default.removeItem(atPath: "\(classes[0])/\(name)")
    }
    // Their features are kept: they are judged all the same.
    let some = try suspects(bench)
    #expect(some.exitCode == 0 && some.output.contains("Of 30 photographs"), "\(some)")
    let words = try #require(
      some.errors.firstMatch(
        of: /has no picture of (\d+) of its (\d+) photographs, since they aren't/))
    #expect(
      some.errors.contains("shows them, \(words.1) of \(words.2) without a picture"), "\(some)")
    #expect(
      try page().contains("\(words.1) of the \(words.2) photographs below have gone or changed"))
    #expect(try page().contains("data:image/"))

    try FileManager.default.removeItem(atPath: bench.photographs)
    try FileManager.default.removeItem(atPath: "\(bench.runsFolder)/run/suspects.html")
    let none = try suspects(bench)
    #expect(
      none.exitCode == 0 && none.errors.contains("names them, without a picture of any"), "\(none)")
    #expect(!none.errors.contains("shows them") && none.errors.contains("'--data DIR'"))
    #expect(try !page().contains("data:image/"))
    #expect(try page().contains("so that there is no picture of them"))
  }

  @Test func `the only photograph that is left of a class can't be judged`() throws {
    let bench = try Workbench()
    #expect(
      try bench.start("--cache", "off", "--class-weights", "balanced").exitCode == 0)
    let classes = try bench.classFolders()
    for folder in classes.prefix(2) {
      let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(files.count == 10)
      // Of the first class one stays, of the second none.
      for file in files.dropFirst(folder == classes[0] ? 1 : 0) {
        try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
      }
    }
    let outcome = try suspects(bench, "--cache", "off")
    #expect(outcome.exitCode == 65, "\(outcome)")
    #expect(outcome.output.contains("Of 10 photographs the others would give 0 another label."))
  }
}
