import Report
import Testing

@Suite struct `Pictures made of photographs` {
  private let layers = ["first-layer", "middle-layer"]

  @Test func `are called as the photograph and what they show`() {
    var names = PictureNames()
    #expect(
      names.names(of: "holiday/beach.big.jpg", subject: "sea", others: layers)
        == ["beach.big-sea", "beach.big-first-layer", "beach.big-middle-layer"])
    #expect(names.names(of: ".jpg", subject: "a/b", others: []) == [".jpg-a_b"])
  }

  @Test func `of namesakes have numbers`() {
    var names = PictureNames()
    let all = ["a/x.jpg", "b/x.jpg", "c/x.png"].flatMap {
      names.names(of: $0, subject: "sea", others: layers)
    }
    #expect(Set(all).count == 9 && all.contains("x-2-sea") && all.contains("x-3-first-layer"))
  }

  @Test(arguments: [
    ("x.jpg", "first-layer"), ("x.jpg", "middle-layer"), ("x-first.jpg", "layer"),
    ("x-2.jpg", "sea"), ("x.jpg", "2-sea"),
  ])
  func `never take each other's place`(_ path: String, _ subject: String) {
    for isFirst in [true, false] {
      var names = PictureNames()
      let others = ["x.jpg", "y/x.jpg"]
      let order =
        isFirst
        ? [(path, subject)] + others.map { ($0, "sea") }
        : others.map { ($0, "sea") } + [(path, subject)]
      let all = order.flatMap { names.names(of: $0.0, subject: $0.1, others: layers) }
      #expect(Set(all).count == all.count, "\(all)")
    }
  }
}
