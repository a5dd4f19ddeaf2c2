import Digest
import Foundation
import Manifest
import TestSupport
import Testing

private func read(_ folder: borrowing TemporaryFolder) throws -> (Manifest, [Finding]) {
  let dataset = try Dataset(reading: .init(folder.path), threads: 3)
  return (dataset.manifest, dataset.findings)
}

struct FolderTests {
  @Test func `a folder becomes a sorted manifest with the digests of its files`() throws {
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(1), to: "tulip/b.jpg")
    try folder.write(tinyPicture(2), to: "tulip/a/z.png")
    try folder.write(tinyPicture(3), to: "tulip/a.jpg")
    try folder.write(tinyPicture(4), to: "daisy/ü.jpeg")
    let (manifest, warnings) = try read(folder)
    #expect(warnings.isEmpty)
    #expect(manifest.classes == ["daisy", "tulip"])
    #expect(
      manifest.entries.map(\.path) == [
        "daisy/ü.jpeg", "tulip/a.jpg", "tulip/a/z.png", "tulip/b.jpg",
      ])
    #expect(manifest.entries.map(\.classIndex) == [0, 1, 1, 1])
    #expect(manifest.entries.map(\.digest) == [4, 3, 2, 1].map { .sha256(tinyPicture($0)) })
    #expect(manifest.entries.allSatisfy { $0.byteCount == 58 })
    #expect(try manifest.entries[2].read(in: DatasetFolders(folder.path)) == tinyPicture(2))
  }

  @Test func `any number of threads gives the same manifest and counts every file`() throws {
    let folder = try TemporaryFolder()
    let path = try TestPhotographs.write(into: folder, countPerClass: 15)
    var digests: Set<ContentDigest> = []
    for threads in [1, 2, 5] {
      var last: ReadingProgress?
      digests.insert(
        try Dataset(reading: .init(path), threads: threads) { last = $0 }.manifest.digest)
      #expect(last?.filesDone == 45 && last?.filesTotal == 45)
    }
    #expect(digests.count == 1)
  }

  @Test func `what is no photograph is reported and left out, hidden files are ignored`() throws {
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    try folder.write(tinyPicture(2), to: "b/1.jpg")
    try folder.write(Array("just a text".utf8), to: "a/text.jpg")
    try folder.write([], to: "a/empty.png")
    try folder.write(tinyPicture(3), to: "stray.jpg")
    try folder.write(tinyPicture(4), to: "b/.hidden.jpg")
    try folder.write(tinyPicture(5), to: ".git/1.jpg")
    try folder.write(tinyPicture(6), to: "a/new\nline.jpg")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/b/loop", withDestinationPath: folder.path)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/b/nowhere.jpg", withDestinationPath: "missing")
    #expect(mkfifo("\(folder.path)/b/pipe.jpg", 0o600) == 0)
    let (manifest, warnings) = try read(folder)
    #expect(manifest.entries.map(\.path) == ["a/1.jpg", "b/1.jpg"])
    let expected: [Finding.Reason] = [
      .empty, .unacceptableName, .notAPicture(nil), .loop, .unreadable(errorNumber: ENOENT),
      .notAFile,
      .outsideClasses,
    ]
    #expect(warnings.map(\.reason) == expected)
    #expect(
      warnings.map(\.path) == [
        "a/empty.png", "a/new\nline.jpg", "a/text.jpg", "b/loop", "b/nowhere.jpg", "b/pipe.jpg",
        "stray.jpg",
      ])
    #expect(warnings.allSatisfy { !$0.description.contains("\n") && $0.isLeftOut })
  }

  @Test func `a copy in the same class is kept and reported`() throws {
    let folder = try TemporaryFolder()
    for name in ["a/1.jpg", "a/2.jpg"] { try folder.write(tinyPicture(1), to: name) }
    try folder.write(tinyPicture(2), to: "b/1.jpg")
    let (manifest, warnings) = try read(folder)
    #expect(manifest.entries.count == 3)
    #expect(warnings.map(\.reason) == [.duplicate(of: "a/1.jpg")])
    #expect(warnings.map(\.path) == ["a/2.jpg"])
  }

  @Test func `a photograph in several classes is left out of all, and so is no other`() throws {
    let folder = try TemporaryFolder()
    for (number, name) in ["a/1.jpg", "b/1.jpg", "c/1.jpg", "a/2.jpg", "b/3.jpg"].enumerated() {
      try folder.write(tinyPicture(UInt8(number)), to: name)
    }
    for name in ["a/twin.jpg", "b/twin.jpg", "c/twin.jpg", "c/twin again.jpg"] {
      try folder.write(tinyPicture(100), to: name)
    }
    let (manifest, findings) = try read(folder)
    #expect(
      manifest.entries.map(\.path) == ["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/3.jpg", "c/1.jpg"])
    #expect(findings.map(\.path) == ["a/twin.jpg"])
    #expect(
      findings.map(\.reason) == [
        .severalClasses(others: ["b/twin.jpg", "c/twin again.jpg", "c/twin.jpg"])
      ])
    let summary = try #require(Finding.summaries(of: findings).first)
    for name in ["a/twin.jpg", "b/twin.jpg", "c/twin.jpg", "c/twin again.jpg"] {
      #expect(summary.text.contains(name))
    }
  }

  @Test func `several photographs in several classes are counted in one sentence`() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b"] {
      try folder.write(tinyPicture(name.utf8.first!), to: "\(name)/own.jpg")
    }
    for number: UInt8 in 0..<5 {
      for name in ["a", "b"] { try folder.write(tinyPicture(number), to: "\(name)/\(number).jpg") }
    }
    let (manifest, findings) = try read(folder)
    #expect(manifest.entries.map(\.path) == ["a/own.jpg", "b/own.jpg"])
    let summaries = Finding.summaries(of: findings)
    #expect(summaries.count == 1 && summaries[0].findings.count == 5)
    #expect(summaries[0].text.hasPrefix("5 photographs") && summaries[0].text.contains("10 copies"))
    #expect(summaries[0].text.contains("a/2.jpg = b/2.jpg, ..."))
  }

  @Test func `what systems leave behind is passed over in one line`() throws {
    let folder = try TemporaryFolder()
    for (number, name) in ["a/1.jpg", "b/1.jpg"].enumerated() {
      try folder.write(tinyPicture(UInt8(number)), to: name)
    }
    let rubbish = [
      "__MACOSX/a/._1.jpg", "@eaDir/x@SynoEAStream", "a/@eaDir/1.jpg/SYNOPHOTO_THUMB_M.jpg",
      ".ipynb_checkpoints/1-checkpoint.jpg", "a/.ipynb_checkpoints/1-checkpoint.jpg",
      "a/Thumbs.db", "b/desktop.ini", "b/1.jpg:Zone.Identifier", "a/1.AAE", "b/1.xmp",
      "a/1.jpg.json", ".DS_Store", "README.md",
    ]
    for (number, name) in rubbish.enumerated() {
      try folder.write(tinyPicture(UInt8(50 + number)), to: name)
    }
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/empty/empty too", withIntermediateDirectories: true)
    let dataset = try Dataset(reading: .init(folder.path), threads: 1)
    #expect(dataset.manifest.entries.map(\.path) == ["a/1.jpg", "b/1.jpg"])
    #expect(dataset.findings.isEmpty)
    #expect(dataset.notes.count == 1)
    #expect(dataset.notes.first?.hasPrefix("13 files and folders are passed over") == true)
  }

  @Test func `links to files and folders elsewhere are followed`() throws {
    let elsewhere = try TemporaryFolder()
    try elsewhere.write(tinyPicture(1), to: "one/1.jpg")
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(2), to: "b/1.jpg")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/a", withDestinationPath: "\(elsewhere.path)/one")
    let (manifest, _) = try read(folder)
    #expect(manifest.entries.map(\.path) == ["a/1.jpg", "b/1.jpg"])
  }

  @Test func `an entry reads its file only while it is what it was`() throws {
    let folder = try TemporaryFolder()
    try folder.write(tinyPicture(1), to: "a/1.jpg")
    try folder.write(tinyPicture(2), to: "b/1.jpg")
    let entry = try read(folder).0.entries[0]
    let folders = DatasetFolders(folder.path)
    for changed in [tinyPicture(3), tinyPicture(1) + [0], [0xff], []] {
      try folder.write(changed, to: "a/1.jpg")
      #expect(throws: ManifestError.changedFile("a/1.jpg")) { try entry.read(in: folders) }
    }
    try FileManager.default.removeItem(atPath: "\(folder.path)/a/1.jpg")
    #expect(throws: ManifestError.unreadableFile("a/1.jpg", errorNumber: ENOENT)) {
      try entry.read(in: folders)
    }
  }
}
