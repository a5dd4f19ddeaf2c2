import Foundation
import Manifest
import TestSupport
import Testing

struct FolderErrorTests {
  private func error(of path: String) -> ManifestError? {
    do {
      _ = try Dataset(reading: .init(path), threads: 2)
      return nil
    } catch {
      return error
    }
  }

  @Test func `a missing folder and a file in its place are named`() throws {
    let folder = try TemporaryFolder()
    let missing = "\(folder.path)/missing"
    #expect(error(of: missing) == .unreadableFolder(missing, errorNumber: ENOENT))
    let file = try folder.write(tinyPicture(1), to: "file")
    #expect(error(of: file) == .unreadableFolder(file, errorNumber: ENOTDIR))
    #expect(error(of: file)?.description.contains(file) == true)
  }

  @Test func `no class, one class and an empty class are errors`() throws {
    let folder = try TemporaryFolder()
    #expect(error(of: folder.path) == .noClasses(folder: folder.path))
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    #expect(error(of: folder.path) == .oneClass("a", folder: folder.path))
    try folder.write(Array("text".utf8), to: "b/notes.txt")
    guard case .emptyClasses(["b"], let reasons)? = error(of: folder.path) else {
      Issue.record("a class without photographs vanishes")
      return
    }
    #expect(reasons.count == 1 && reasons[0].contains("b/notes.txt"))
  }

  @Test func `a class that vanishes because its photographs lie in others too is an error`() throws
  {
    let folder = try TemporaryFolder()
    for name in ["a/1.jpg", "b/1.jpg"] { try folder.write(tinyPicture(1), to: name) }
    try folder.write(tinyPicture(2), to: "b/2.jpg")
    let text = error(of: folder.path)?.description ?? ""
    #expect(text.contains("class a has no photographs") && text.contains("a/1.jpg = b/1.jpg"))
  }

  @Test func `what was left out of a class with a single photograph is named, and of no other`()
    throws
  {
    let folder = try TemporaryFolder()
    for name in ["a/1.jpg", "b/1.jpg"] { try folder.write(tinyPicture(1), to: name) }
    for name in ["a/2.jpg", "c/2.jpg"] { try folder.write(tinyPicture(2), to: name) }
    try folder.write(tinyPicture(3), to: "a/3.jpg")
    try folder.write(tinyPicture(3), to: "a/copy.jpg")
    try folder.write([], to: "a/empty.jpg")
    try folder.write(Array(tinyPicture(9).dropLast(9)), to: "a/torn.jpg")
    try folder.write([], to: "b/empty too.jpg")
    for (number, name) in ["b/4.jpg", "b/5.jpg", "c/4.jpg", "c/5.jpg"].enumerated() {
      try folder.write(tinyPicture(UInt8(20 + number)), to: name)
    }
    let dataset = try Dataset(reading: .init(folder.path), threads: 1)
    let error = #expect(throws: ManifestError.self) { try dataset.checkSides() }
    let lines = (error?.description ?? "").split(separator: "\n").map(String.init)
    #expect(lines.count == 7, "\(lines)")
    #expect(lines[0].contains("class a has a single photograph"))
    #expect(lines[0].hasSuffix("There are a 1 (and a copy), b 2, c 2."), "\(lines[0])")
    for (line, words) in zip(
      lines.dropFirst(2),
      [
        "a/1.jpg = b/1.jpg", "a/2.jpg = c/2.jpg", "a/copy.jpg has the same", "a/empty.jpg",
        "a/torn.jpg",
      ])
    {
      #expect(line.contains(words))
    }
  }

  @Test func `what leaks into the validation folder is named where a class is left empty`() throws {
    let folder = try TemporaryFolder()
    for part in ["train", "val"] {
      try folder.write(tinyPicture(1), to: "\(part)/a/1.jpg")
      try folder.write(tinyPicture(2), to: "\(part)/b/2.jpg")
    }
    try folder.write(tinyPicture(3), to: "train/b/3.jpg")
    let text = error(of: folder.path)?.description ?? ""
    #expect(
      text.contains("class a has no photographs") && text.contains("train/a/1.jpg is left out"))
    #expect(!text.contains("train/b/2.jpg"), "\(text)")
  }

  @Test func `a folder that is split needs one photograph a class to train on`() throws {
    let folder = try TemporaryFolder()
    for (number, path) in ["train/a/1.jpg", "train/b/1.jpg", "val/a/2.jpg", "val/b/2.jpg"]
      .enumerated()
    {
      try folder.write(tinyPicture(UInt8(number)), to: path)
    }
    try Dataset(reading: .init(folder.path), threads: 1).checkSides()
  }

  @Test func `photographs without any folder are told from a folder without any`() throws {
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(1), to: "1.jpg")
    #expect(error(of: folder.path) == .noLabels(folder: folder.path))
  }

  @Test(arguments: [("Cat", "cat"), ("STRASSE", "straße"), ("caf\u{e9}", "cafe\u{301}")])
  func `two classes that look alike are named`(first: String, second: String) throws {
    let folder = try TemporaryFolder()
    for (number, name) in [first, second, "dog"].enumerated() {
      try folder.write(tinyPicture(UInt8(number)), to: "\(name)/1.jpg")
    }
    guard case .similarClasses(let one, let other, _)? = error(of: folder.path) else {
      Issue.record("\(first) and \(second) are classes")
      return
    }
    #expect(
      Set([one, other].map { Array($0.name.utf8) }) == Set([first, second].map { Array($0.utf8) }))
  }

  @Test func `names that no class has are told of with their places`() throws {
    let folder = try TemporaryFolder()
    for (number, path) in [
      "train/daisy/1.jpg", "train/rose/2.jpg", "val/Daisy/3.jpg", "val/rose/4.jpg",
    ].enumerated() { try folder.write(tinyPicture(UInt8(number)), to: path) }
    #expect(
      error(of: folder.path)?.description
        == "'Daisy' (\(folder.path)/val/Daisy) and 'daisy' (\(folder.path)/train/daisy) are classes "
        + "whose names differ only in capitals: make them one class, or rename one")
    let other = try TemporaryFolder()
    for (number, path) in [
      "train/daisy/1.jpg", "train/rose/2.jpg", "val/tulip/3.jpg", "val/rose/4.jpg",
    ].enumerated() { try other.write(tinyPicture(UInt8(number)), to: path) }
    #expect(
      error(of: other.path)?.description.contains("of tulip (\(other.path)/val/tulip), which")
        == true)
  }

  @Test func `folders too deep inside each other are refused`() throws {
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    let allowed = "b/" + String(repeating: "f/", count: ManifestLimits.depthMax)
    try folder.write(tinyPicture(2), to: "\(allowed)1.jpg")
    #expect(error(of: folder.path) == nil)
    try folder.write(tinyPicture(3), to: "\(allowed)f/1.jpg")
    #expect(error(of: folder.path) == .tooDeep("\(allowed)f"))
  }

  @Test func `a class with an unprintable name is refused`() throws {
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(1), to: "a\nb/1.jpg")
    #expect(error(of: folder.path) == .invalidClassName("a\nb"))
    #expect(error(of: folder.path)?.description.contains("\n") == false)
  }
}
