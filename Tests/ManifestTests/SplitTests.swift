import Digest
import Manifest
import Testing

struct SplitTests {
  private func manifest(_ counts: [Int], copies: Int = 0) throws -> Manifest {
    var entries: [Manifest.Entry] = []
    let classes = (0..<counts.count).map { "class \($0)" }
    for (label, count) in counts.enumerated() {
      for number in 0..<count + copies {
        // The copies share the content of the first photograph.
        let content = number < count ? [UInt8(label), UInt8(number)] : [UInt8(label), 0]
        entries.append(
          Manifest.Entry(
            path: "class \(label)/\(100 + number)", classIndex: label, byteCount: 2,
            digest: .sha256(content)))
      }
    }
    return try Manifest(classes: classes, entries: entries)
  }

  @Test(arguments: [
    (0.3, [30, 2, 1]), (0.5, [50, 3, 1]), (0.001, [1, 1, 1]), (0.999, [99, 4, 1]),
  ])
  func `each class gives its share, rounded, and at least one to each side`(
    fraction: Double, expected: [Int]
  ) throws {
    let manifest = try manifest([100, 5, 2])
    let split = try Split(manifest, validationFraction: fraction, seed: 1)
    var counts = [0, 0, 0]
    for index in split.validation { counts[manifest.entries[Int(index)].classIndex] += 1 }
    #expect(counts == expected)
    #expect((split.training + split.validation).sorted() == Array(0..<107))
    #expect(split.training == split.training.sorted())
    #expect(split.validation == split.validation.sorted())
  }

  @Test func `copies of a photograph stay on one side`() throws {
    let manifest = try manifest([6, 4], copies: 5)
    for seed: UInt64 in 0..<20 {
      let split = try Split(manifest, validationFraction: 0.5, seed: seed)
      let trained = Set(split.training.map { manifest.entries[Int($0)].digest })
      let validated = Set(split.validation.map { manifest.entries[Int($0)].digest })
      #expect(trained.isDisjoint(with: validated))
      #expect(validated.count == 5)
    }
  }

  @Test func `the seed chooses the split and nothing else does`() throws {
    let manifest = try manifest([40, 40])
    let splits = try (0..<10).map { try Split(manifest, validationFraction: 0.3, seed: $0) }
    for (index, split) in splits.enumerated() {
      #expect(!splits[..<index].contains(split))
    }
    // Computed by an independent program.
    let expected: [UInt32] = [1, 3, 10, 12]
    #expect(
      try Split(try self.manifest([8, 6]), validationFraction: 0.3, seed: 42).validation == expected
    )
  }

  @Test func `a class of one photograph can't be split`() throws {
    #expect(
      throws: ManifestError.unsplittable(
        classNames: ["class 1"], counts: [3, 1], of: ["class 0", "class 1"], copies: [2, 2],
        reasons: [])
    ) {
      try Split(try manifest([3, 1], copies: 2), validationFraction: 0.3, seed: 1)
    }
  }

  @Test func `a photograph that is there twice is one, and its copy is told of`() throws {
    let error = #expect(throws: ManifestError.self) {
      try Split(try manifest([3, 1], copies: 1), validationFraction: 0.3, seed: 1)
    }
    let text = error?.description ?? ""
    #expect(text.contains("class 1 has a single photograph"), "\(text)")
    #expect(text.hasSuffix("There are class 0 3 (and a copy), class 1 1 (and a copy)"), "\(text)")
  }

  @Test(arguments: [0, 1, -0.5, 2, Double.nan, .infinity])
  func `a share that is none is refused`(fraction: Double) throws {
    let manifest = try manifest([3, 3])
    #expect(throws: ManifestError.self) {
      try Split(manifest, validationFraction: fraction, seed: 1)
    }
  }

  private func manifest(_ paths: [(String, Int)]) throws -> Manifest {
    let sorted = paths.sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
    return try Manifest(
      classes: ["cat", "dog"],
      entries: sorted.map { path, label in
        Manifest.Entry(
          path: path, classIndex: label, byteCount: 1, digest: .sha256(Array(path.utf8)))
      })
  }

  private let patients = (0..<120).map { number in
    (
      "\(number % 2 == 0 ? "cat" : "dog")/patient\(number % 15)/p\(number % 15)-\(number).jpg",
      number % 2
    )
  }

  @Test(arguments: ["folder", #"(patient\d+)"#, #"/p\d+-"#])
  func `groups stay on one side, across classes as well`(pattern: String) throws {
    let manifest = try manifest(patients)
    for seed: UInt64 in 0..<10 {
      let split = try Split(manifest, validationFraction: 0.3, seed: seed, group: pattern)
      func groups(_ samples: [UInt32]) -> Set<Substring> {
        Set(samples.map { manifest.entries[Int($0)].path.split(separator: "/")[1] })
      }
      #expect(groups(split.training).isDisjoint(with: groups(split.validation)))
      #expect((split.training + split.validation).sorted() == Array(0..<120))
      for label in 0..<2 {
        let count = split.validation.count { manifest.entries[Int($0)].classIndex == label }
        #expect((10...26).contains(count), "\(count) of 60 with seed \(seed)")
      }
    }
  }

  @Test func `a group that no photograph has changes nothing`() throws {
    let manifest = try manifest(patients)
    #expect(
      try Split(manifest, validationFraction: 0.3, seed: 1, group: "nothing like it")
        == Split(manifest, validationFraction: 0.3, seed: 1))
  }

  @Test func `it is told how many groups a pattern makes, and how many photographs of none`() throws
  {
    let manifest = try manifest(patients)
    #expect(try Grouping("").summary(manifest) == nil)
    #expect(
      try Grouping("folder").summary(manifest) == "--group makes 15 groups of 120 photographs")
    #expect(
      try Grouping(#"(patient1)/"#).summary(manifest)
        == "--group makes 1 group of 8 photographs; 112 stand alone")
  }

  @Test(arguments: [
    ("folder", "within its class's own"), (#"(patint\d+)"#, "'(patint\\d+)' groups nothing"),
  ])
  func `a pattern that groups nothing is told of, with a path`(_ pattern: String, _ words: String)
    throws
  {
    let flat = (0..<4).map { ("\($0 % 2 == 0 ? "cat" : "dog")/\($0).jpg", $0 % 2) }
    let error = #expect(throws: ManifestError.noGroups(pattern, example: "cat/0.jpg")) {
      try Grouping(pattern).check(try manifest(flat))
    }
    let text = error?.description ?? ""
    #expect(text.contains(words) && text.contains("cat/0.jpg"), "\(text)")
  }

  @Test func `a search that would go on for ages is given up, and names the path`() throws {
    // It has more than 2¹⁵ ways to part this, none of which ends in what isn't there.
    let path = String(repeating: "a", count: 16)
    let expression = try #require(PathExpression("^(a+)+[zq]"))
    #expect(try expression.matches(in: ["aq", "b"]) == ["a", nil])
    #expect(throws: PathExpression.Endless(path: path)) {
      try expression.matches(in: [path, "aq"], patienceSeconds: 0)
    }
    let error = ManifestError.endlessGroup("((.*)*)*b", path: "cat/0.jpg").description
    #expect(error.contains("--group '((.*)*)*b'") && error.contains("cat/0.jpg"))
  }

  @Test func `groups that the dataset's own split parts are told of`() throws {
    func manifest(_ parts: [(path: String, part: Part)]) throws -> Manifest {
      try Manifest(
        classes: ["cat", "dog"],
        entries: parts.enumerated().map { index, one in
          Manifest.Entry(
            path: one.path, part: one.part, classIndex: one.path.hasPrefix("dog") ? 1 : 0,
            byteCount: 1,
            digest: .sha256([UInt8(index)]))
        })
    }
    let parted = try manifest([
      ("cat/p1-1.jpg", .training), ("dog/p2-1.jpg", .training), ("cat/p1-2.jpg", .validation),
      ("dog/p3-1.jpg", .validation), ("dog/p3-2.jpg", .test),
    ])
    let text = try Grouping("(p[0-9]+)-").partedGroups(parted)
    #expect(text?.contains("1 of 3 groups, such as p1,") == true, "\(text ?? "")")
    #expect(try Grouping("(x[0-9]+)").partedGroups(parted) == nil)
    #expect(try Grouping("").partedGroups(parted) == nil)
    let whole = try manifest([("cat/p1-1.jpg", .training), ("dog/p1-2.jpg", .training)])
    #expect(try Grouping("(p[0-9]+)-").partedGroups(whole) == nil)
  }

  @Test func `a pattern that groups some is taken, and none is asked for where nothing is split`()
    throws
  {
    try Grouping(#"(patient3)/"#).check(try manifest(patients))
    try Grouping("").check(try manifest(patients))
    let entries = [Part.training, .validation].flatMap { part in
      (0..<2).map {
        Manifest.Entry(
          path: "\($0)", part: part, classIndex: $0, byteCount: 1,
          digest: .sha256([part.rawValue, UInt8($0)]))
      }
    }
    try Grouping("nothing like it").check(try Manifest(classes: ["a", "b"], entries: entries))
  }

  @Test func `a large group validates where there is none smaller, and all can't`() throws {
    let paths = (0..<20).map { ("\($0 < 10 ? "cat" : "dog")/\($0 % 2)/\($0).jpg", $0 < 10 ? 0 : 1) }
    let split = try Split(
      try manifest(paths), validationFraction: 0.1, seed: 1, group: "folder")
    #expect(split.training.count == 10 && split.validation.count == 10)
    #expect(throws: ManifestError.unpartedGroups(["cat", "dog"])) {
      try Split(
        try manifest(paths), validationFraction: 0.1, seed: 1, group: "(jpg)")
    }
    #expect(throws: ManifestError.invalidGroup("(")) {
      try Split(try manifest(paths), validationFraction: 0.1, seed: 1, group: "(")
    }
  }

  @Test func `a manifest with parts is split as it says`() throws {
    let parts: [Part] = [.training, .validation, .test]
    let entries = parts.flatMap { part in
      (0..<4).map { number in
        Manifest.Entry(
          path: "\(number)", part: part, classIndex: number % 2, byteCount: 1,
          digest: .sha256([part.rawValue, UInt8(number)]))
      }
    }
    let split = try Split(
      try Manifest(classes: ["a", "b"], entries: entries), validationFraction: 0.9, seed: 3)
    #expect(split.training == [0, 1, 2, 3])
    #expect(split.validation == [4, 5, 6, 7])
    #expect(split.test == [8, 9, 10, 11])
    let untrained = try Split(
      try Manifest(classes: ["a", "b"], entries: entries.filter { $0.part != .validation }),
      validationFraction: 0.5, seed: 3)
    #expect(untrained.test == [4, 5, 6, 7] && untrained.validation.count == 2)
  }
}
