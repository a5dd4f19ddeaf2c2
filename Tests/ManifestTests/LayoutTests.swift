import Manifest
import Testing

/// A tree with these files; a path that ends with a slash is an empty folder.
private func tree(_ paths: [String]) -> FolderTree {
  var root = FolderTree(name: "", path: "")
  for path in paths { insert(path.split(separator: "/")[...], path, into: &root) }
  return root
}

private func insert(
  _ names: ArraySlice<Substring>, _ path: String, into folder: inout FolderTree
) {
  guard let name = names.first else { return }
  if names.count == 1 && !path.hasSuffix("/") {
    folder.files.append(FolderTree.File(path: path))
    return
  }
  let inner = folder.path.isEmpty ? "\(name)" : "\(folder.path)/\(name)"
  if !folder.folders.contains(where: { $0.path == inner }) {
    folder.folders.append(FolderTree(name: String(name), path: inner))
  }
  let place = folder.folders.firstIndex { $0.path == inner }!
  insert(names.dropFirst(), path, into: &folder.folders[place])
}

/// "part class folder" of each, sorted.
private func layout(_ paths: [String], _ reading: Dataset.Reading = .auto) throws -> [String] {
  try Layout(tree(paths), title: "data", reading: reading).folders
    .map { "\($0.part) \($0.name) \($0.folder.path)" }.sorted()
}

private func isUnclear(_ paths: [String]) -> Bool {
  do {
    _ = try layout(paths)
    return false
  } catch ManifestError.unclearLayout(_, _, _) {
    return true
  } catch {
    return false
  }
}

struct LayoutTests {
  private let twoClasses = ["cat/1.jpg", "dog/1.jpg"]

  private func each(_ folders: String...) -> [String] {
    folders.flatMap { folder in twoClasses.map { "\(folder)/\($0)" } }
  }

  @Test func `folders of photographs are classes`() throws {
    #expect(try layout(twoClasses) == ["training cat cat", "training dog dog"])
  }

  @Test(arguments: [
    ["bus/1.jpg", "train/1.jpg"], ["train/1.jpg", "test/1.jpg", "car/1.jpg"],
    ["train/steam/1.jpg", "train/diesel/1.jpg", "bus/1.jpg"],
    ["train/steam/1.jpg", "train/diesel/1.jpg", "bus/city/1.jpg", "bus/school/1.jpg"],
    ["test/a/1.jpg", "test/b/1.jpg", "control/c/1.jpg", "control/d/1.jpg"],
    ["healthy/left/1.jpg", "healthy/right/1.jpg", "sick/left/1.jpg", "sick/right/1.jpg"],
    ["part1/cat/1.jpg", "part1/dog/1.jpg", "part2/bus/1.jpg", "part2/car/1.jpg"],
    ["valid/1.jpg", "invalid/1.jpg"],
  ])
  func `classes may be called train or test`(paths: [String]) throws {
    let names = Set(paths.map { String($0.split(separator: "/")[0]) })
    #expect(try layout(paths) == names.map { "training \($0) \($0)" }.sorted())
  }

  @Test(arguments: [
    ("train", "val", "test"), ("Training", "Validation", "Testing"),
    ("training_set", "dev_set", "eval_set"), ("Training Data", "Valid Data", "Test Data"),
    ("seg_train", "seg_val", "seg_test"), ("train1", "val1", "test1"), ("TRAIN", "DEV", "EVAL"),
  ])
  func `parts are known in any spelling`(training: String, validation: String, test: String) throws
  {
    #expect(
      try layout(each(training, validation, test) + ["README.md", "\(training)/notes.txt"]) == [
        "test cat \(test)/cat", "test dog \(test)/dog", "training cat \(training)/cat",
        "training dog \(training)/dog", "validation cat \(validation)/cat",
        "validation dog \(validation)/dog",
      ])
  }

  @Test func `a split dataset may be read as classes`() throws {
    #expect(
      try layout(each("train", "val"), .classes) == ["training train train", "training val val"])
  }

  @Test func `wrappers are entered, around everything and within parts`() throws {
    #expect(
      try layout(each("x/y/train", "x/y/test") + ["x/README"]) == [
        "test cat x/y/test/cat", "test dog x/y/test/dog", "training cat x/y/train/cat",
        "training dog x/y/train/dog",
      ])
    #expect(
      try layout(each("seg_train/seg_train", "seg_test/seg_test") + ["seg_pred/seg_pred/1.jpg"])
        == [
          "test cat seg_test/seg_test/cat", "test dog seg_test/seg_test/dog",
          "training cat seg_train/seg_train/cat", "training dog seg_train/seg_train/dog",
        ])
    let root = try Layout(tree(each("photos") + ["photos/empty/"]), title: "data")
    #expect(root.root == "photos" && root.notes.count == 1 && root.empty == ["photos/empty"])
    #expect(try layout(each("data/train") + ["README.md"]).count == 2)
  }

  @Test func `a test without labels is passed over, and so is an empty part`() throws {
    for other in [
      ["test/1.jpg", "test/2.jpg"], ["test/unknown/1.jpg"], ["test/test/1.jpg"],
      ["test/cat/", "test/dog/"], ["sample_submission.csv", "pred/1.jpg"],
    ] {
      #expect(
        try layout(each("train", "val") + other).count == 4, "\(other)")
    }
    #expect(try layout(each("train") + ["val/"]).count == 2)
  }

  @Test func `a part may lack classes, and may not have others`() throws {
    #expect(try layout(each("train") + ["val/cat/1.jpg"]).count == 3)
    #expect(try layout(each("train") + ["val/cat/1.jpg", "val/cat/more/1.jpg"]).count == 3)
  }

  @Test func `parts may lie in the classes`() throws {
    #expect(
      try layout(["cat/train/1.jpg", "cat/test/1.jpg", "dog/train/1.jpg", "dog/test/1.jpg"]) == [
        "test cat cat/test", "test dog dog/test", "training cat cat/train",
        "training dog dog/train",
      ])
  }

  @Test func `folders of documents alone are no classes where one folder has all photographs`()
    throws
  {
    let expected = ["training cat images/cat", "training dog images/dog"]
    let lists = ["meta/classes.txt", "meta/train.json", "LICENSE.md"]
    #expect(try layout(each("images") + lists) == expected)
    #expect(try layout(each("images") + ["notes/a/1.xml", "notes/a/2.xml"]) == expected)
    // What might be photographs isn't passed over.
    #expect(try layout(each("images") + ["meta/1"]).count == 2)
    #expect(try layout(each("images") + ["meta/1"]) != expected)
    #expect(try layout(twoClasses + ["notes/1.txt"]).count == 3)
  }

  @Test func `a second test without classes is passed over`() throws {
    #expect(try layout(each("Training", "Test") + ["test-multiple/1.jpg"]).count == 4)
  }

  @Test func `beside classes with parts lies what is none`() throws {
    let paths = each("cat", "dog").map {
      $0.replacing("/cat/", with: "/train/").replacing("/dog/", with: "/test/")
    }
    #expect(try layout(paths).count == 4)
    #expect(try layout(paths + ["docs/README.md", "cat/labels/1.xml"]).count == 4)
    #expect(isUnclear(paths + ["cow/1.jpg"]))
    #expect(isUnclear(paths + ["cat/extra/1.jpg", "dog/extra/1.jpg"]))
    #expect(isUnclear(paths + ["cow/left/1.jpg", "cow/right/1.jpg"]))
    #expect(throws: ManifestError.emptyClasses(["cow"], [])) {
      try layout(paths + ["cow/test/1.jpg"])
    }
    #expect(try layout(paths + ["cow/1.jpg"], .classes).count == 3)
  }

  @Test func `parts that hold the same classes all over are asked about`() throws {
    func parts(_ outer: String...) -> [String] {
      outer.flatMap { each("\($0)/train", "\($0)/test") }
    }
    #expect(isUnclear(parts("fold_1", "fold_2", "fold_3")))
    #expect(isUnclear(parts("north", "south")))
    #expect(isUnclear(parts("2023", "2024")))
    #expect(isUnclear(parts("north", "south") + each("west/train") + ["west/test/dog/1.jpg"]))
    #expect(
      isUnclear([
        "north/train/cat/1.jpg", "north/train/dog/1.jpg", "north/test/cat/1.jpg",
        "south/train/cat/1.jpg", "south/test/cat/1.jpg",
      ]))
    // Bursts within classes.
    let bursts = ["cat", "dog"].flatMap { name in
      ["train/1", "train/2", "test/1", "test/2"].map { "\(name)/\($0)/1.jpg" }
    }
    #expect(try layout(bursts).count == 4)
  }

  @Test func `photographs beside a folder for the test are asked about`() throws {
    let paths = ["cat/1.jpg", "cat/2.jpg", "cat/test/3.jpg", "dog/1.jpg", "dog/test/2.jpg"]
    #expect(isUnclear(paths))
    #expect(isUnclear(paths.map { $0.replacing("test", with: "val") }))
    #expect(try layout(paths, .classes).count == 2)
    #expect(try layout(paths.map { $0.replacing("test", with: "more") }).count == 2)
  }

  @Test func `what can't be told is asked`() {
    #expect(isUnclear(["train/1.jpg", "test/1.jpg"]))
    #expect(isUnclear(each("val", "test")))
    #expect(isUnclear(each("train", "training", "test")))
    #expect(isUnclear(each("train", "val", "extra")))
    #expect(isUnclear(each("train", "other")))
    #expect(isUnclear(each("opleiding", "validation")))
    #expect(isUnclear(each("test", "control")))
    #expect(isUnclear(each("fold1", "fold2", "fold3")))
    #expect(isUnclear(each("Part A", "Part B") + ["Part B/bird/1.jpg"]))
    #expect(isUnclear(each("wrapper/fold_1", "wrapper/fold_2")))
    #expect(!isUnclear(each("train", "val") + ["extra/1.jpg", "models/a/b/weights.bin"]))
  }

  private func doubt(_ paths: [String], _ reading: Dataset.Reading = .auto) throws -> String? {
    try Layout(tree(paths), title: "data", reading: reading).doubt
  }

  @Test func `classes that hold folders of the same names are doubted`() throws {
    // One place lacks what the others have.
    #expect(try doubt(each("meadow", "forest") + ["river/cat/1.jpg"]) != nil)
    #expect(
      try doubt(
        each("pets") + ["wild/lion/1.jpg", "wild/dog/1.jpg", "farm/cow/1.jpg", "farm/pig/1.jpg"])
        == nil)
    let eyes = ["healthy/left/1.jpg", "healthy/right/1.jpg", "sick/left/1.jpg", "sick/right/1.jpg"]
    let text = try #require(try doubt(eyes))
    #expect(text.hasPrefix("healthy, sick are taken for the classes"))
    #expect(text.contains("(left, right)") && text.contains("--layout classes"))
    #expect(try doubt(each("amazon/images", "webcam/images")) != nil)
    #expect(try doubt(["10253/0/1.jpg", "10253/1/1.jpg", "10254/0/1.jpg", "10254/1/1.jpg"]) != nil)
    #expect(try doubt(eyes, .classes) == nil)
    #expect(try layout(each("fold1", "fold2"), .classes).count == 2)
  }

  @Test(arguments: [
    ["cat/1.jpg", "dog/1.jpg"], ["cat/1/a.jpg", "cat/2/b.jpg", "dog/1/a.jpg", "dog/2/b.jpg"],
    ["cat/images/1.jpg", "dog/images/1.jpg"],
    ["cat/black/1.jpg", "cat/white/1.jpg", "dog/black/1.jpg", "dog/brown/1.jpg"],
    ["cat/black/1.jpg", "cat/white/1.jpg", "dog/1.jpg", "dog/black/2.jpg"],
    ["train/cat/1.jpg", "train/dog/1.jpg", "val/cat/1.jpg", "val/dog/1.jpg"],
  ])
  func `ordinary classes are not doubted`(paths: [String]) throws {
    #expect(try doubt(paths) == nil)
  }

  @Test(arguments: [
    ("Entra\u{ee}nement", "validation", "test"), ("entrai\u{302}nement", "validation", "test"),
    ("Trainingsdaten", "Validierungsdaten", "Testdaten"),
    ("entrenamiento", "validaci\u{f3}n", "pruebas"), ("addestramento", "convalida", "test"),
    ("treino", "valida\u{e7}\u{e3}o", "teste"), ("training", "validatie", "test"),
    ("\u{8bad}\u{7ec3}\u{96c6}", "\u{9a8c}\u{8bc1}\u{96c6}", "\u{6d4b}\u{8bd5}\u{96c6}"),
  ])
  func `parts are known in other languages`(training: String, validation: String, test: String)
    throws
  {
    let found = try layout(each(training, validation, test))
    #expect(found.count == 6 && found.count { $0.hasPrefix("validation ") } == 2, "\(found)")
    #expect(found.count { $0.hasPrefix("test ") } == 2)
  }
}
