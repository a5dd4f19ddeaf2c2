import ClusterCore
import Digest
import Manifest
import Testing
import WorkerDaemon

@Suite struct `Features that a worker keeps` {
  private static func content(_ number: UInt8) -> ContentDigest { .sha256([number]) }

  /// A manifest with these contents, in this order.
  private static func manifest(_ contents: [UInt8]) throws -> Manifest {
    try Manifest(
      classes: ["a", "b"],
      entries: contents.enumerated().map { place, number in
        // As many digits everywhere, so that paths sort as numbers do.
        Manifest.Entry(
          path: "a/\(100 + place).jpg", classIndex: 0, byteCount: 1, digest: content(number))
      } + [
        Manifest.Entry(path: "b/0.jpg", classIndex: 1, byteCount: 1, digest: content(255))
      ])
  }

  private func shelf(_ manifest: Manifest, keeping contents: [UInt8]) -> FeatureShelf {
    var shelf = FeatureShelf()
    shelf.use(manifest)
    for number in contents {
      shelf.keep([Float(number)], of: Self.content(number), variant: 0)
    }
    return shelf
  }

  private func samples(_ items: [SampleVariant]) -> [SampleIndex] { items.map(\.sample) }

  @Test func `are forgotten when their sample goes elsewhere`() throws {
    let manifest = try Self.manifest([1, 2, 3])
    var shelf = shelf(manifest, keeping: [1, 2])
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == nil)
    #expect(shelf[Self.content(2), 0] == [2])
    #expect(samples(shelf.items(of: manifest)) == [1])
  }

  @Test func `stay when another sample has the same photograph`() throws {
    let manifest = try Self.manifest([1, 2, 1, 3])
    var shelf = shelf(manifest, keeping: [1, 2])
    // Sample 0 goes elsewhere; sample 2 is still here, and a share of it will come.
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == [1])
    shelf.forget(Self.content(2), variant: 0)
    #expect(shelf[Self.content(2), 0] == nil)
  }

  @Test func `are told of for every sample of the same photograph`() throws {
    let manifest = try Self.manifest([1, 2, 1, 3])
    let shelf = shelf(manifest, keeping: [1, 3])
    #expect(samples(shelf.items(of: manifest)) == [0, 2, 3])
  }

  @Test func `are those of their variant`() throws {
    let manifest = try Self.manifest([1, 2])
    var shelf = shelf(manifest, keeping: [1])
    shelf.keep([10], of: Self.content(1), variant: 1)
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == nil)
    #expect(shelf[Self.content(1), 1] == [10])
    #expect(shelf.items(of: manifest) == [SampleVariant(sample: 0, variant: 1)])
  }

  @Test func `serve another manifest with the same photographs`() throws {
    var shelf = shelf(try Self.manifest([1, 1, 2]), keeping: [1, 2])
    let other = try Self.manifest([9, 2, 8, 1])
    shelf.use(other)
    #expect(samples(shelf.items(of: other)) == [1, 3])
    // What was repeated there isn't here.
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == nil)
  }

  @Test func `don't survive another backbone`() throws {
    let manifest = try Self.manifest([1, 1])
    var shelf = shelf(manifest, keeping: [1])
    shelf.forgetAll()
    #expect(shelf.items(of: manifest).isEmpty)
  }
}
