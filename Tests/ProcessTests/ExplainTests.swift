import Foundation
import Images
import ONNX
import TestSupport
import Testing

/// Which places of a photograph speak for a class, through the real command.
@Suite(.serialized) struct ExplainTests {
  private func explain(
    _ bench: Workbench, _ arguments: String...
  ) throws -> RunningCommand.Outcome {
    try RunningCommand.run(
      "tl-coord", ["explain", "--run", "run", "--runs", bench.runsFolder] + arguments)
  }

  private func decoded(_ path: String) throws -> RGBImage {
    let bytes = try #require(FileManager.default.contents(atPath: path))
    var decoder = try ImageDecoder()
    return try decoder.decode(Array(bytes))
  }

  @Test func `each photograph gets a map and two sheets, and what is replaced is told`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "10").exitCode == 0)
    let classes = try bench.classFolders()
    let (first, second) = (classes[0] + "/000.jpg", classes[1] + "/000.jpg")
    let folder = bench.folder.path + "/why"
    let outcome = try explain(bench, "--output", folder, "--class", "blue", first, second)
    #expect(outcome.exitCode == 0 && !outcome.errors.contains("replaced"), "\(outcome)")
    #expect(outcome.output.split(separator: "\n").count == 2)
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    // The second has the same name in another folder.
    #expect(
      names == [
        "000-2-blue.png", "000-2-first-layer.png", "000-2-middle-layer.png", "000-blue.png",
        "000-first-layer.png", "000-middle-layer.png",
      ])
    for name in names {
      let picture = try decoded("\(folder)/\(name)")
      #expect(picture.width > 50 && Set(picture.pixels).count > 10, "\(name)")
    }
    let again = try explain(bench, "--output", folder, "--class", "blue", first)
    #expect(again.errors.contains("000-blue.png is replaced"), "\(again)")
    // Where nothing else is said, into the run's folder and for the class that is seen.
    #expect(try explain(bench, first).exitCode == 0)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: "\(bench.runsFolder)/run/explanations")
        .count == 3)
  }

  @Test func `a class of a layer's name has its map all the same`() throws {
    let bench = try Workbench()
    let name = "first-layer"
    try FileManager.default.moveItem(
      atPath: try bench.classFolders()[0], toPath: "\(bench.photographs)/\(name)")
    #expect(try bench.start().exitCode == 0)
    let folder = bench.folder.path + "/why"
    let outcome = try explain(
      bench, "--output", folder, "--class", name, "\(bench.photographs)/\(name)/000.jpg")
    #expect(outcome.exitCode == 0 && !outcome.errors.contains("replaced"), "\(outcome)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == [
        "000-class-first-layer.png", "000-first-layer.png", "000-middle-layer.png",
      ])
  }

  private func object(_ line: some StringProtocol) throws -> [String: Any] {
    try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  @Test func `the maps of the layers and the bias add up to the logit`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--epochs", "10").exitCode == 0)
    for name in ["amber", "blue"] {
      let outcome = try explain(
        bench, "--json-lines", "--class", name, "--output", bench.folder.path + "/why",
        bench.photographs)
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.count == 30)
      for line in lines {
        let answer = try object(line)
        let logit = try #require(answer["logit"] as? Double)
        let layers = try #require(answer["layers"] as? [[String: Any]])
        // The network's own and those of the other depths.
        #expect(layers.count > 1 && answer["method"] as? String == "activation")
        let sum = layers.compactMap { $0["mean"] as? Double }.reduce(0, +)
        let bias = try #require(answer["bias"] as? Double)
        #expect(abs(sum + bias - logit) < 1e-3 * max(1, abs(logit)), "\(line)")
        // So does the map that is shown, as its grid is a multiple of all others.
        let map = try #require(answer["map"] as? [[Double]])
        let values = map.flatMap(\.self)
        let mean = values.reduce(0, +) / Double(values.count)
        #expect(abs(mean + bias - logit) < 1e-3 * max(1, abs(logit)), "\(line)")
      }
    }
  }

  @Test func `what a demo flower in a corner is taken for lies in that corner`() throws {
    let folder = try TemporaryFolder()
    let environment = ["XDG_CACHE_HOME": folder.path + "/cache", "TL_LISTEN": "127.0.0.1:0"]
    let start = try RunningCommand.run(
      "tl-coord", ["start", "--run", "demo"], environment: environment, folder: folder.path)
    #expect(start.exitCode == 0, "\(start)")
    let cache = folder.path + "/cache/tl"
    let pictures = try FileManager.default.subpathsOfDirectory(atPath: cache).sorted()
      .filter { $0.hasSuffix(".jpg") }
    let chosen = stride(from: 0, to: pictures.count, by: pictures.count / 20).prefix(20)
    var corners: [Int] = []
    var files: [String] = []
    for (number, place) in chosen.enumerated() {
      let flower = try decoded("\(cache)/\(pictures[place])")
      corners.append(number % 4)
      files.append(
        try folder.write(
          encodePNG(cornered(flower, corner: number % 4)), to: "corners/\(number).png"))
    }
    let outcome = try RunningCommand.run(
      "tl-coord", ["explain", "--run", "demo", "--json-lines"] + files, environment: environment,
      folder: folder.path)
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == files.count, "\(outcome)")
    var found = 0
    for (line, corner) in zip(lines, corners) {
      let map = try #require(try object(line)["map"] as? [[Double]])
      let values = map.flatMap(\.self)
      let peak = try #require(values.indices.max { values[$0] < values[$1] })
      let (row, column) = (peak / map[0].count, peak % map[0].count)
      // Half a cell of the grid may lie across the middle.
      let isThere =
        (corner / 2 == 0 ? row < (map.count + 1) / 2 : row >= map.count / 2)
        && (corner % 2 == 0
          ? column < (map[0].count + 1) / 2 : column >= map[0].count / 2)
      found += isThere ? 1 : 0
    }
    // By chance it would be a fourth.
    #expect(found >= 16, "\(found) of \(lines.count)")
  }

  @Test func `behind a hidden layer a grey square tells`() throws {
    var model = TinyModel.model(seed: 1)
    let pool = try #require(model.nodes.firstIndex { $0.opType == "GlobalAveragePool" })
    let pooled = model.nodes[pool].outputs[0]
    let count = TinyModel.featureCount
    let identity = (0..<count * count).map { $0 / count == $0 % count ? Float(1) : 0 }
    model.initializers.append(
      OnnxTensor(
        name: "hidden", dimensions: [count, count, 1, 1], elements: .float32(identity)))
    model.nodes.insert(
      contentsOf: [
        OnnxNode(
          name: "hidden layer", opType: "Conv", inputs: [pooled, "hidden"], outputs: ["sums"]),
        OnnxNode(name: "rectified", opType: "Relu", inputs: ["sums"], outputs: ["rectified"]),
      ], at: pool + 1)
    for node in model.nodes.indices.dropFirst(pool + 3) {
      model.nodes[node].inputs = model.nodes[node].inputs.map { $0 == pooled ? "rectified" : $0 }
    }
    let bench = try Workbench()
    let backbone = try bench.folder.write(model.encoded(), to: "hidden.onnx")
    let start = try bench.start(backbone: backbone, "--epochs", "10")
    #expect(start.exitCode == 0, "\(start)")
    let photograph = try bench.classFolders()[0] + "/000.jpg"
    let outcome = try explain(bench, "--json-lines", photograph)
    let answer = try object(try #require(outcome.output.split(separator: "\n").first))
    #expect(answer["method"] as? String == "occlusion", "\(outcome)")
    let map = try #require(answer["map"] as? [[Double]]).flatMap(\.self)
    #expect(map.count > 100 && Set(map).count > 50)
    // The same again: squares lie at the same places, whatever thread looks.
    #expect(try explain(bench, "--json-lines", photograph).output == outcome.output)
  }

  /// A picture in one quarter of a plain one of twice its sides.
  private func cornered(_ picture: RGBImage, corner: Int) -> RGBImage {
    let (width, height) = (2 * picture.width, 2 * picture.height)
    var pixels = [UInt8](repeating: 128, count: width * height * 3)
    let (top, left) = (corner / 2 * picture.height, corner % 2 * picture.width)
    for row in 0..<picture.height {
      for byte in 0..<picture.width * 3 {
        pixels[((top + row) * width + left) * 3 + byte] =
          picture.pixels[row * picture.width * 3 + byte]
      }
    }
    return RGBImage(width: width, height: height, pixels: pixels)
  }

  @Test func `wrong input is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let good = try bench.classFolders()[0] + "/000.jpg"
    expectFailure(try explain(bench, "--class", "blu", good), 64, "Did you mean 'blue'?")
    let letter = try bench.folder.write(Array("a letter".utf8), to: "letter.jpg")
    let mixed = try explain(bench, letter, good)
    #expect(mixed.exitCode == 65 && mixed.errors.contains("letter.jpg"), "\(mixed)")
    #expect(mixed.output.hasPrefix("\(good): "), "\(mixed)")
    let file = try bench.folder.write([1], to: "file")
    expectFailure(try explain(bench, "--output", file, good), 74, "--output")
    expectFailure(try explain(bench), 64, "IMAGE")
  }
}
