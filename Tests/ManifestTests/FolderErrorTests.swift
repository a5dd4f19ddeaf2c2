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
      Set([one, other].map { Array($0.utf8) }) == Set([first, second].map { Array($0.utf8) }))
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
