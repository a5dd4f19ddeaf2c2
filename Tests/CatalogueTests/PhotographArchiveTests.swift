import Catalogue
import Digest
import Foundation
import Manifest
import TestSupport
import Testing

/// Archives of photographs, from a server to a dataset.
@Suite struct PhotographArchiveTests {
  private typealias Item = ArchiveWriting.Item

  private static let flowers = [
    Item("flower_photos/", type: "5"), Item("flower_photos/LICENSE.txt", Array("CC-BY".utf8)),
    Item("flower_photos/roses/1.jpg", [1, 2]), Item("flower_photos/tulips/2.jpg", [3]),
  ]

  private func entry(_ scene: borrowing Scene, _ server: LocalHTTPServer?, root: String)
    -> CatalogueEntry
  {
    scene.entry(server.map { [$0.address()] } ?? [], contents: .photographs(root: root))
  }

  @Test func `an archive is unpacked whole, with its licence, and then removed`() throws {
    let scene = try Scene(ArchiveWriting.gzip(ArchiveWriting.tar(Self.flowers)))
    let file = scene.file
    let server = try LocalHTTPServer { .file(file, for: $0) }
    let entry = entry(scene, server, root: "flower_photos")
    var unpacked = 0
    let place = try scene.fetcher.fetch(entry) {
      if case .unpacked(let count) = $0 { unpacked = count }
    }
    #expect(place.hasSuffix("/flower_photos"))
    #expect(unpacked == 8)
    #expect(
      try FileManager.default.subpathsOfDirectory(atPath: place).sorted() == [
        "LICENSE.txt", "roses", "roses/1.jpg", "tulips", "tulips/2.jpg",
      ])
    let digits = entry.digest.description.prefix(8)
    #expect(scene.names() == ["tiny-\(digits)", "tiny.bin.lock"])
    // It is there now: nobody is asked.
    #expect(try scene.fetcher.fetch(self.entry(scene, nil, root: "flower_photos")) == place)
    #expect(server.requests.count == 1)
  }

  @Test func `an unpacking that was ended is begun anew`() throws {
    let scene = try Scene(ArchiveWriting.tar(Self.flowers))
    let entry = entry(scene, nil, root: "flower_photos")
    let draft = "catalogue/tiny-\(entry.digest.description.prefix(8)).unpacking"
    try scene.folder.write([7], to: "\(draft)/flower_photos/roses/1.jpg")
    try scene.folder.write([7], to: "\(draft)/flower_photos/roses/never.jpg")
    let outside = try scene.folder.write([7], to: "outside/kept.jpg")
    try FileManager.default.createSymbolicLink(
      atPath: "\(scene.folder.path)/\(draft)/link",
      withDestinationPath: "\(scene.folder.path)/outside")
    try scene.folder.write(scene.file, to: "catalogue/tiny.bin")
    let place = try scene.fetcher.fetch(entry)
    #expect(try FileManager.default.subpathsOfDirectory(atPath: place).count == 5)
    // Links are removed, not followed.
    #expect(FileManager.default.fileExists(atPath: outside))
  }

  @Test func `a bad archive leaves nothing behind but itself`() throws {
    let good = ArchiveWriting.gzip(ArchiveWriting.tar(Self.flowers))
    for bad in [
      Array(good.prefix(good.count / 2)),
      ArchiveWriting.tar([Item("../outside.jpg", [1])]),
      ArchiveWriting.tar([Item("flower_photos", type: "2", linkTarget: "/")]),
      ArchiveWriting.tar([Item("somewhere/else.jpg", [1])]),
      ArchiveWriting.tar([Item("flower_photos/a.jpg", [], claimedByteCount: 1 << 32)]),
    ] {
      let scene = try Scene(bad)
      try scene.folder.write(bad, to: "catalogue/tiny.bin")
      let entry = entry(scene, nil, root: "flower_photos")
      let fetcher = scene.fetcher
      let error = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
      #expect(error?.code == .data, "\(String(describing: error))")
      #expect(scene.names() == ["tiny.bin", "tiny.bin.lock"])
      #expect(!fetcher.folder.holds(entry))
    }
  }

  @Test func `room for unpacking is asked for as well`() throws {
    let scene = try Scene(ArchiveWriting.tar(Self.flowers))
    try scene.folder.write(scene.file, to: "catalogue/tiny.bin")
    let entry = entry(scene, nil, root: "flower_photos")
    let fetcher = scene.fetcher(freeByteCount: 100)
    let error = #expect(throws: CatalogueError.self) { _ = try fetcher.fetch(entry) }
    #expect(error?.code == .inputOutput)
    #expect(!fetcher.folder.holds(entry))
  }

  @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)"))
  func `real photographs packed as cats and dogs are become a dataset`() throws {
    let flowers = try #require(TestData.flowers)
    var items = [Item("PetImages/", type: "5"), Item("readme[1].txt", Array("words".utf8))]
    for (folder, name) in [("roses", "Cat"), ("tulips", "Dog")] {
      let files = try FileManager.default.contentsOfDirectory(atPath: "\(flowers)/\(folder)")
        .sorted()
      for (number, file) in files.prefix(20).enumerated() {
        let bytes = try #require(
          FileManager.default.contents(atPath: "\(flowers)/\(folder)/\(file)"))
        items.append(Item("PetImages/\(name)/\(number).jpg", Array(bytes)))
      }
      items.append(Item("PetImages/\(name)/Thumbs.db", [1, 2, 3]))
    }
    // Empty, as they are in the real one.
    items += [Item("PetImages/Cat/666.jpg"), Item("PetImages/Dog/11702.jpg")]
    let scene = try Scene(ArchiveWriting.zip(items))
    let file = scene.file
    let server = try LocalHTTPServer { .file(file, for: $0) }
    let place = try scene.fetcher.fetch(entry(scene, server, root: "PetImages"))
    let manifest = try Dataset(reading: Dataset.Source(place), threads: 2).manifest
    #expect(manifest.classes == ["Cat", "Dog"])
    #expect(manifest.entries.count >= 40)
  }
}
