import ClusterCore
import ClusterShell
import Digest
import Testing

@Suite struct `Features that a worker keeps` {
  private static func content(_ number: UInt8) -> ContentDigest { .sha256([number]) }

  private static func contents(_ numbers: [UInt8]) -> [ContentDigest] { numbers.map(content) }

  private func shelf(_ contents: [ContentDigest], keeping numbers: [UInt8]) -> FeatureShelf {
    var shelf = FeatureShelf()
    shelf.use(contents)
    for number in numbers {
      shelf.keep([Float(number)], of: Self.content(number), variant: 0)
    }
    return shelf
  }

  private func samples(_ items: [SampleVariant]) -> [SampleIndex] { items.map(\.sample) }

  @Test func `are forgotten when their sample goes elsewhere`() {
    let contents = Self.contents([1, 2, 3])
    var shelf = shelf(contents, keeping: [1, 2])
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == nil)
    #expect(shelf[Self.content(2), 0] == [2])
    #expect(samples(shelf.items) == [1])
  }

  @Test func `stay when another sample has the same photograph`() {
    let contents = Self.contents([1, 2, 1, 3])
    var shelf = shelf(contents, keeping: [1, 2])
    // Sample 0 goes elsewhere; sample 2 is still here, and a share of it will come.
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == [1])
    shelf.forget(Self.content(2), variant: 0)
    #expect(shelf[Self.content(2), 0] == nil)
  }

  @Test func `are told of for every sample of the same photograph`() {
    let contents = Self.contents([1, 2, 1, 3])
    let shelf = shelf(contents, keeping: [1, 3])
    #expect(samples(shelf.items) == [0, 2, 3])
  }

  @Test func `are found by their sample`() {
    var shelf = shelf(Self.contents([1, 2, 1, 3]), keeping: [1, 2])
    #expect((0..<4).map { shelf[$0, 0] } == [[1], [2], [1], nil])
    shelf.keep([3], of: Self.content(3), variant: 1)
    #expect(shelf[3, 0] == nil)
    #expect(shelf[3, 1] == [3])
    // Other samples, the same photographs.
    shelf.use(Self.contents([3, 4, 2]))
    #expect((0..<3).map { shelf[$0, 0] } == [nil, nil, [2]])
    #expect(shelf[0, 1] == [3])
  }

  @Test func `are those of their variant`() {
    let contents = Self.contents([1, 2])
    var shelf = shelf(contents, keeping: [1])
    shelf.keep([10], of: Self.content(1), variant: 1)
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == nil)
    #expect(shelf[Self.content(1), 1] == [10])
    #expect(shelf.items == [SampleVariant(sample: 0, variant: 1)])
  }

  @Test func `serve another manifest with the same photographs`() {
    var shelf = shelf(Self.contents([1, 1, 2]), keeping: [1, 2])
    let other = Self.contents([9, 2, 8, 1])
    shelf.use(other)
    #expect(samples(shelf.items) == [1, 3])
    // What was repeated there isn't here.
    shelf.forget(Self.content(1), variant: 0)
    #expect(shelf[Self.content(1), 0] == nil)
  }

  @Test func `don't survive another backbone`() {
    let contents = Self.contents([1, 1])
    var shelf = shelf(contents, keeping: [1])
    shelf.forgetAll()
    #expect(shelf.items.isEmpty)
  }
}
