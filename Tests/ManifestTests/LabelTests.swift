import Manifest
import TestSupport
import Testing

struct LabelTests {
  private func table(_ text: String) throws -> [String] {
    try LabelTable(decoding: Array(text.utf8), name: "labels.csv").rows
      .map { "\($0.line) \($0.path) \($0.label) \($0.part)" }
  }

  @Test(arguments: [
    "a.jpg,cat\nb.jpg,dog\n", "a.jpg,cat\r\nb.jpg,dog", "a.jpg;cat\rb.jpg;dog\r",
    "a.jpg\tcat\n\nb.jpg\tdog\n", "\u{feff}\"a.jpg\", cat\n\"b.jpg\",\"dog\"\n",
  ])
  func `a table without names of columns has path and label`(text: String) throws {
    #expect(
      try table(text).map { $0.split(separator: " ").dropFirst().joined(separator: " ") }
        == ["a.jpg cat", "b.jpg dog"])
  }

  @Test(arguments: [
    "path,label,split\na.jpg,cat,val\n", "label,file name,subset\ncat,a.jpg,val\n",
    "n,Set,image_id,breed\n1,val,a.jpg,cat\n", "Filename;Class;Split\na.jpg;cat;val\n",
    "image,emotion,split\na.jpg,cat,val\n", "shape;path;split;label\nround;a.jpg;val;cat\n",
  ])
  func `columns are found by their names`(text: String) throws {
    #expect(try table(text) == ["2 a.jpg cat val"])
  }

  @Test(arguments: [
    "image,MEL,NV,BCC\na,0.0,1.0,0.0\nb,1.0,0.0,0.0\nc,0,0,0\n",
    "id;split;MEL;NV\na;;no;yes\nb;;yes;no\nc;;;\n", ",image,MEL,NV\n7,a,0,1\n8,b,1,0\n9,c,0,0\n",
  ])
  func `a table may have a column for each class`(text: String) throws {
    #expect(try table(text) == ["2 a NV ", "3 b MEL ", "4 c  "])
  }

  @Test func `such columns may be called like parts, or stand beside one that names them`() throws {
    #expect(
      try table("image,car,bus,train\na,1,0,0\nb,0,0,1\nc,0,1,0\n")
        == ["2 a car ", "3 b train ", "4 c bus "])
    #expect(
      try table("image,car,bus,valid\na,1,0,0\nb,0,1,1\nc,0,1,0\n")
        == ["2 a car ", "3 b bus validation", "4 c bus "])
  }

  @Test(arguments: ["label,class_name", "y,Klasse", "label,label_str", "target,what it is"])
  func `of a number and the word that says the same the word is the label`(titles: String) throws {
    #expect(
      try table("path,\(titles)\na,0,cat\nb,1,dog\nc,0,cat\n")
        == ["2 a cat ", "3 b dog ", "4 c cat "])
  }

  @Test func `what surrounds a label and nobody sees is no part of it`() throws {
    #expect(
      try table("a.jpg,cat\u{a0}\nb.jpg,\u{200b}cat\nc.jpg,\"cat\u{3000}\t\"\n")
        == ["1 a.jpg cat ", "2 b.jpg cat ", "3 c.jpg cat "])
  }

  @Test(arguments: ["sep=;\r\npath;label\r\na.jpg;cat\r\n", "sep=|\npath|label\na.jpg|cat"])
  func `a spreadsheet's line on what separates the fields is obeyed`(text: String) throws {
    #expect(try table(text) == ["3 a.jpg cat "])
  }

  @Test func `names may begin as other files do`() throws {
    #expect(try table("[1].jpg,cat\n") == ["1 [1].jpg cat "])
    #expect(try table("Dateiname;Klasse\na.jpg;Katze\n") == ["2 a.jpg Katze "])
  }

  @Test func `quotes hold commas, quotes and line ends`() throws {
    #expect(
      try table("\"a,\"\"1\"\".jpg\",\"cat\ndog\"\nb,c\n") == ["1 a,\"1\".jpg cat\ndog ", "3 b c "])
  }

  @Test(arguments: [
    ("", "no line with a path"), ("path,label\n", "no line besides"),
    ("a.jpg\n", "line 1 has no label"),
    ("path,label\n\na.jpg,\nb.jpg\n", "line 3 has no label"),
    ("a.jpg,cat\n\"b\n\n.jpg\",dog\nc.jpg,\"cat\n", "line 5 has a quotation mark"),
    ("path,label\n\"a.jpg" + String(repeating: "\n", count: 10_000), "line 2 has a quotation mark"),
    ("a.jpg,cat\n" + String(repeating: "b", count: 10_000), "line 2 has more than 8192 characters"),
    ("path,label,is_valid\na.jpg,cat,maybe\n", "line 2 has 'maybe' in the column 'is_valid'"),
    ("path,label,is_valid,is_test\na.jpg,cat,1,1\n", "line 2 is of several parts"),
    ("path,species,breed\na.jpg,cat,x\nb.jpg,cat,y\n", "'species' and 'breed' could both"),
    ("image_id,healthy,rust,scab\na,1,0,2\n", "'image_id', 'healthy', 'rust', 'scab'"),
    (
      "image_id,healthy,rust,scab\na,1,0,0\nb,0,1,1\n",
      "line 3 says that a photograph is of several"
    ),
    ("image_id,healthy,rust,scab\na,0,0,0\n", "'image_id', 'healthy', 'rust', 'scab'"),
    ("PK\u{3}\u{4}xl/workbook.xml", "it is a spreadsheet"), ("PAR1\u{15}", "Parquet"),
    ("[\n {\"file\": \"a.jpg\"}]", "it is JSON"), (" {\"a.jpg\": 1}", "it is JSON"),
    ("<html><body>", "web page"),
  ])
  func `what is no table of labels is refused with the reason`(text: String, reason: String) {
    let error = #expect(throws: ManifestError.self) { try table(text) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func `bytes that are not UTF-8 are refused with their line`() {
    let error = #expect(throws: ManifestError.self) {
      try LabelTable(decoding: Array("a.jpg,cat\n".utf8) + [0x61, 0x2c, 0xff], name: "labels.csv")
    }
    #expect(error?.description.contains("line 2 is not in UTF-8") == true)
    #expect(error?.description.contains("iconv") == true)
  }

  @Test(arguments: [true, false], [true, false])
  func `UTF-16 is read, with and without its mark`(isBigEndian: Bool, isMarked: Bool) throws {
    let text = (isMarked ? "\u{feff}" : "") + "a.jpg\tcaf\u{e9}\r\nb.jpg\t\u{1f339}\r\n"
    let bytes = text.utf16.flatMap { unit in
      let pair = [UInt8(unit >> 8), UInt8(unit & 255)]
      return isBigEndian ? pair : pair.reversed()
    }
    let rows = try LabelTable(decoding: bytes, name: "labels.csv").rows
    #expect(rows.map(\.label) == ["caf\u{e9}", "\u{1f339}"] && rows[0].path == "a.jpg")
    #expect(throws: ManifestError.self) {
      try LabelTable(decoding: bytes + [0], name: "labels.csv")
    }
  }

  @Test func `lines without a comma have no label, and comments are none`() throws {
    #expect(
      try table("# mine\n#\nfile;label\na.jpg;cat\nb.jpg\n") == ["4 a.jpg cat ", "5 b.jpg  "])
  }

  @Test(arguments: [
    ("is_valid", ["True", "False", ""], ["validation", "", ""]),
    ("valid", ["1", "0", "0"], ["validation", "", ""]),
    ("IsTest", ["no", "YES", "no"], ["", "test", ""]),
    ("is_training_image", ["1", "0", "1"], ["training", "test", "training"]),
    // They say something else.
    ("valid", ["1", "1", "1"], ["", "", ""]), ("test", ["3", "0", "1"], ["", "", ""]),
  ])
  func `a column may say what validates or tests`(
    title: String, values: [String], parts: [String]
  ) throws {
    let lines = values.enumerated().map { "\($0.offset).jpg,cat,\($0.element)\n" }
    let text = "file,label,\(title)\n" + lines.joined()
    let table = try LabelTable(decoding: Array(text.utf8), name: "labels.csv")
    #expect(table.rows.map(\.part) == parts)
    let isUsed = parts.contains { !$0.isEmpty }
    #expect(
      table.note?.contains(isUsed ? "'\(title)' says what" : "'\(title)' is passed over") == true)
  }

  @Test func `several columns may say it together`() throws {
    #expect(
      try table(
        "file,label,is_valid,is_test\na.jpg,cat,0,1\nb.jpg,cat,1,0\nc.jpg,dog,0,0\n")
        == ["2 a.jpg cat test", "3 b.jpg cat validation", "4 c.jpg dog "])
    #expect(
      try table("file,label,is_train,is_test\na.jpg,cat,0,1\nb.jpg,cat,1,0\nc.jpg,dog,0,0\n")
        == ["2 a.jpg cat test", "3 b.jpg cat training", "4 c.jpg dog validation"])
    #expect(
      try table("file,label,split,is_valid\na.jpg,cat,test,1\nb.jpg,cat,train,0\n")
        == ["2 a.jpg cat test", "3 b.jpg cat train"])
  }

  @Test func `of columns that could have the labels the surest is taken, and told`() throws {
    for text in [
      "image,target,label\na.jpg,0,cat\nb.jpg,1,dog\n",
      "image,target,class\na.jpg,0,cat\nb.jpg,1,dog\n",
      "image,label,label_name\na.jpg,0,cat\nb.jpg,1,dog\n",
    ] { #expect(try table(text) == ["2 a.jpg cat ", "3 b.jpg dog "], "\(text)") }
    let table = try LabelTable(
      decoding: Array(",image,target,label,width\n0,a.jpg,0,cat,9\n".utf8), name: "labels.csv")
    #expect(
      table.note
        == "of the columns of labels.csv 'label' has the labels; 'target', 'width' are passed over")
    #expect(
      try LabelTable(decoding: Array("image,valid\na.jpg,1\nb.jpg,0\n".utf8), name: "x").rows
        .map(\.label) == ["1", "0"])
  }

  @Test(arguments: [
    ("0.jpg,cat\n1.jpg,\"do\ng\"\n", "(line 2 of "),
    ("0.jpg,cat\n1.jpg,Cat\n", "'Cat' (line 2 of "),
    ("file,label,split\n0.jpg,cat,train\n1.jpg,dog,train\n2.jpg,cow,val\n", "cow (line 4 of "),
    ("file,label,split\n0.jpg,cat,val\n1.jpg,dog,val\n", "no photograph to train on"),
  ])
  func `names that can't be taken are told of with their lines`(text: String, reason: String) throws
  {
    let folder = try TemporaryFolder()
    for number: UInt8 in 0..<3 { try folder.write(tinyPicture(number), to: "\(number).jpg") }
    var source = Dataset.Source(folder.path)
    source.labels = try folder.write(Array(text.utf8), to: "labels.csv")
    let error = #expect(throws: ManifestError.self) { try Dataset(reading: source, threads: 1) }
    #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func `photographs are found by path, name and name without ending`() throws {
    let folder = try TemporaryFolder()
    for number: UInt8 in 0..<8 { try folder.write(tinyPicture(number), to: "images/\(number).jpg") }
    for (text, count) in [
      ("images/0.jpg,cat\nimages/1.jpg,dog\n", 2), ("0.jpg,cat\n1.jpg,dog\n", 2),
      ("id,breed\n0,cat\n1,dog\n", 2), ("./images/0.jpg,cat\nC:\\data\\images\\1.jpg,dog\n", 2),
      ("0.JPG,cat\n1.Jpg,dog\n", 2), ("all/images/0.jpg,cat\n/data/images/1.jpg,dog\n", 2),
    ] {
      let labels = try folder.write(Array(text.utf8), to: "labels.csv")
      var source = Dataset.Source(folder.path)
      source.labels = labels
      let dataset = try Dataset(reading: source, threads: 1)
      #expect(dataset.manifest.entries.count == count && dataset.findings.isEmpty)
      #expect(dataset.manifest.classes == ["cat", "dog"])
    }
  }

  @Test func `a list that is missing, or has one label, is told of as a list`() throws {
    let folder = try TemporaryFolder()
    for number: UInt8 in 0..<3 { try folder.write(tinyPicture(number), to: "\(number).jpg") }
    var source = Dataset.Source(folder.path)
    source.labels = "\(folder.path)/none.csv"
    let missing = #expect(throws: ManifestError.self) { try Dataset(reading: source, threads: 1) }
    #expect(
      missing?.description
        == "the labels in \(folder.path)/none.csv can't be used: No such file or directory")
    let list = try folder.write(Array("0.jpg,cat\n1.jpg,cat\n".utf8), to: "labels.csv")
    source.labels = list
    let single = #expect(throws: ManifestError.oneLabel("cat", list: list)) {
      try Dataset(reading: source, threads: 1)
    }
    #expect(single?.description.contains("folder") == false, "\(String(describing: single))")
  }

  @Test func `what may be meant otherwise is told`() throws {
    let folder = try TemporaryFolder()
    for number: UInt8 in 0..<5 { try folder.write(tinyPicture(number), to: "\(number).jpg") }
    var source = Dataset.Source(folder.path)
    source.labels = try folder.write(
      Array("file,label,split\n0.jpg,NaN,train\n1.jpg,dog,\n2.jpg,NaN,\n3.jpg,dog,val\n".utf8),
      to: "labels.csv")
    let notes = try Dataset(reading: source, threads: 1).notes
    #expect(
      notes.contains { $0.hasPrefix("'NaN' of ") && $0.contains("(2 photographs)") }, "\(notes)")
    #expect(notes.contains { $0.hasPrefix("2 lines of ") && $0.contains("name no part and count") })
  }

  @Test func `names of which the folder has several are told of as that`() throws {
    let folder = try TemporaryFolder()
    for name in ["a", "b"] { try folder.write(tinyPicture(90), to: "\(name)/0.jpg") }
    var source = Dataset.Source(folder.path)
    source.labels = try folder.write(Array("0.jpg,cat\n".utf8), to: "labels.csv")
    let error = #expect(throws: ManifestError.self) { try Dataset(reading: source, threads: 1) }
    #expect(error?.description.contains("line 1 names one of which there are several") == true)
  }

  @Test func `one picture and one line that are passed over are one`() throws {
    let folder = try TemporaryFolder()
    for number: UInt8 in 0..<4 { try folder.write(tinyPicture(number), to: "\(number).jpg") }
    var source = Dataset.Source(folder.path)
    source.labels = try folder.write(
      Array("0.jpg,cat\n1.jpg,dog\n2.jpg,\n2.jpg,dog\n".utf8), to: "labels.csv")
    let notes = try Dataset(reading: source, threads: 1).notes
    #expect(notes.contains { $0.hasPrefix("1 picture is not in ") }, "\(notes)")
    #expect(notes.contains { $0.hasPrefix("1 line of ") && $0.contains("has no label and is") })
  }

  @Test func `a list may have parts, and what is wrong with it is found`() throws {
    let folder = try TemporaryFolder()
    for number: UInt8 in 0..<8 { try folder.write(tinyPicture(number), to: "\(number).jpg") }
    let labels = try folder.write(
      Array(
        """
        file,label,split
        0.jpg,cat,train
        1.jpg,dog,Training
        2.jpg,cat,val
        3.jpg,dog,test
        4.jpg,cat,train
        4.jpg,dog,train
        gone.jpg,cat,train
        5.jpg,,test
        6.jpg,cat,train
        6.jpg,cat,test
        0.jpg,cat,training
        twin.jpg,dog,train
        """.utf8), to: "labels.csv")
    for name in ["a", "b"] { try folder.write(tinyPicture(90), to: "\(name)/twin.jpg") }
    var source = Dataset.Source(folder.path)
    source.labels = labels
    let dataset = try Dataset(reading: source, threads: 1)
    #expect(dataset.manifest.entries.map(\.path) == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"])
    #expect(dataset.manifest.entries.map(\.part) == [.training, .training, .validation, .test])
    #expect(dataset.manifest.entries.map(\.classIndex) == [0, 1, 0, 1])
    #expect(dataset.findings.map(\.path) == ["4.jpg", "6.jpg", "gone.jpg", "twin.jpg"])
    #expect(
      dataset.findings.map(\.reason) == [
        .severalLabels(["cat (training)", "dog (training)"]),
        .severalLabels(["cat (test)", "cat (training)"]), .noSuchFile(list: labels, line: 8),
        .severalFiles(list: labels, line: 13),
      ])
    #expect(dataset.notes.count == 2)
    #expect(dataset.findings.allSatisfy { $0.isLeftOut })
  }
}
