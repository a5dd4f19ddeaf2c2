import Digest
import Manifest
import TestSupport
import Testing

struct ScreeningTests {
  /// Two classes of ten whole photographs, and as many broken ones in the first.
  private func folder(broken: Int) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    try TestPhotographs.write(into: folder, classCount: 2)
    let photographs = try TestPhotographs.make(classCount: 2)
    for number in 0..<broken {
      let file = photographs[number].file
      try folder.write(
        Array(file[..<(file.count / 2 + number)]), to: "photographs/amber/broken\(number).jpg")
    }
    return folder
  }

  private func error(_ path: String, _ tolerance: Dataset.Tolerance) -> ManifestError? {
    do throws(ManifestError) {
      _ = try Dataset(reading: .init(path), tolerance: tolerance, threads: 2)
      return nil
    } catch {
      return error
    }
  }

  @Test func `what can't be decoded is left out and named, by any number of threads`() throws {
    let folder = try folder(broken: 2)
    let path = "\(folder.path)/photographs"
    for threads in [1, 3] {
      var stages: [ReadingProgress.Stage] = []
      let dataset = try Dataset(
        reading: .init(path), tolerance: .unusable(shareMax: 0.1), threads: threads
      ) { progress in
        if stages.last != progress.stage { stages.append(progress.stage) }
      }
      #expect(dataset.findings.map(\.path) == ["amber/broken0.jpg", "amber/broken1.jpg"])
      #expect(dataset.findings.allSatisfy { $0.description.contains("truncated") && $0.isLeftOut })
      #expect(dataset.counts.counts == [10, 10] && dataset.manifest.entries.count == 20)
      #expect(dataset.counts.description == "amber 10, blue 10")
      #expect(stages == [.reading, .decoding])
    }
  }

  @Test func `what was decoded before is not decoded again`() throws {
    let folder = try folder(broken: 2)
    let path = "\(folder.path)/photographs"
    let broken = ContentDigest.sha256(try folder.read("photographs/amber/broken0.jpg"))
    let dataset = try Dataset(reading: .init(path), decodable: [broken], threads: 2)
    #expect(dataset.findings.map(\.path) == ["amber/broken1.jpg"])
    #expect(dataset.manifest.entries.contains { $0.digest == broken })
  }

  @Test func `more than the share is an error that names all, texts like torn photographs`() throws
  {
    let folder = try folder(broken: 2)
    let path = "\(folder.path)/photographs"
    try folder.write(Array("a text".utf8), to: "photographs/blue/read me.txt")
    #expect(error(path, .unusable(shareMax: 3.0 / 23)) == nil)
    let text = error(path, .unusable(shareMax: 0.125))?.description ?? ""
    #expect(text.contains("3 of 23") && text.contains("12.5 %"), "\(text)")
    for name in ["broken0.jpg", "broken1.jpg", "read me.txt"] { #expect(text.contains(name)) }
  }

  @Test func `nothing is left out where that is asked for, and all findings come at once`() throws {
    let folder = try folder(broken: 1)
    let path = "\(folder.path)/photographs"
    try folder.write(try folder.read("photographs/blue/000.jpg"), to: "photographs/amber/twin.jpg")
    let text = error(path, .strict)?.description ?? ""
    #expect(text.contains("broken0.jpg") && text.contains("twin.jpg = blue/000.jpg"), "\(text)")
  }

  @Test func `a class of which nothing can be decoded is an error`() throws {
    let folder = try folder(broken: 0)
    let path = "\(folder.path)/photographs"
    try folder.write([0xff, 0xd8, 0xff, 0xe0, 1], to: "photographs/void/1.jpg")
    let error = error(path, .unusable(shareMax: 1))
    guard case .emptyClasses(["void"], _)? = error else {
      Issue.record("a class vanishes: \(String(describing: error))")
      return
    }
    #expect(error?.description.contains("void/1.jpg") == true)
  }

  @Test func `copies of what can't be decoded are left out too, in whatever class`() throws {
    let folder = try folder(broken: 1)
    let path = "\(folder.path)/photographs"
    try folder.write(
      try folder.read("photographs/amber/broken0.jpg"), to: "photographs/blue/copy.jpg")
    let dataset = try Dataset(reading: .init(path), threads: 2)
    #expect(dataset.findings.map(\.path) == ["amber/broken0.jpg", "blue/copy.jpg"])
    #expect(dataset.manifest.entries.count == 20)
  }
}
