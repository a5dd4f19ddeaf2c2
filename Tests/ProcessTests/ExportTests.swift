import Foundation
import TestSupport
import Testing

/// What people take away of a run, through the real command.
@Suite(.serialized) struct ExportTests {
  private func export(_ bench: Workbench, _ arguments: String...) throws -> RunningCommand.Outcome {
    // Other variables of this kind are kept from commands under test.
    let python = ProcessInfo.processInfo.environment["TL_PYTHON"]
    return try RunningCommand.run(
      "tl-coord", ["export", "--runs", bench.runsFolder, "--run", "run"] + arguments,
      environment: python.map { ["TL_PYTHON": $0] } ?? [:])
  }

  @Test(arguments: ["int8", "fp32"], ["onnx", "tflite"])
  func `a run gives a model, its labels, its head and how to use them`(
    precision: String, format: String
  ) throws {
    let bench = try Workbench()
    #expect(try bench.start("--precision", precision).exitCode == 0)
    let folder = "\(bench.folder.path)/away/model"
    let outcome = try export(bench, "--format", format, "--output", folder)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    let name = "model.\(format)"
    let page = format == "onnx" ? ["predict.html"] : []
    #expect(names == ["README.md", "head.safetensors", "labels.txt", name] + page + ["predict.py"])
    for name in names { #expect(outcome.output.contains("\(folder)/\(name)")) }
    let labels = try String(contentsOfFile: "\(folder)/labels.txt", encoding: .utf8)
    let card = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
    for label in labels.split(separator: "\n") { #expect(card.contains("`\(label)`")) }
    #expect(card.contains("`\(name)`"))
    // What a line says stands in it, and what it names is in the table by that name.
    #expect(card.contains("in the order of `labels.txt`.\n"))
    #expect(card.contains("Below `likeness_min` ") && card.contains("| likeness_min | 0."))
    // The same run gives the same bytes.
    let model = try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
    #expect(try export(bench, "--format", format).exitCode == 0)
    let own = "\(bench.runsFolder)/run/export/\(name)"
    #expect(try Data(contentsOf: URL(filePath: own)) == model)
  }

  /// Its own functions, without a browser: a picture that is wider than high, and one that is resized.
  @Test(
    .enabled(if: InstalledProgram("node") != nil, "skipped: no program 'node'"),
    arguments: ["crop", "stretch", "pad"])
  func `the page beside a model knows it and fits pictures as the run did`(fit: String) throws {
    guard let node = InstalledProgram("node") else { return }
    let bench = try Workbench()
    #expect(try bench.start("--precision", "fp32", "--fit", fit).exitCode == 0)
    let folder = "\(bench.folder.path)/model"
    #expect(try export(bench, "--output", folder).exitCode == 0)
    let asking = """
      const fs = require('fs'), page = fs.readFileSync('\(folder)/predict.html', 'utf8');
      const script = page.slice(page.indexOf('<script>') + 8, page.indexOf('</script>'));
      new Function(script);
      const part = (from, to) => script.slice(script.indexOf(from), script.indexOf(to));
      const own = part('const RUNTIME', 'const started') + part('function shares', 'async function prepared')
        + '; return { CLASSES, FIT, WIDTH, HEIGHT, fitted };';
      const { CLASSES, FIT, WIDTH, HEIGHT, fitted } = new Function(own)();
      // Twice as wide as the input and as high: the left half is red and the right half blue.
      const data = new Uint8ClampedArray(4 * 2 * WIDTH * HEIGHT).map((_, i) =>
        [255, 0, 0, 255, 0, 0, 255, 255][i % 4 + ((i >> 2) % (2 * WIDTH) < WIDTH ? 0 : 4)]);
      const pixels = fitted({ data, width: 2 * WIDTH, height: HEIGHT });
      const at = (y, x) => [...pixels.slice(3 * (y * WIDTH + x), 3 * (y * WIDTH + x) + 3)].join();
      console.log(FIT, CLASSES.join());
      console.log(at(0, 0), at(HEIGHT >> 1, 0), at(HEIGHT >> 1, WIDTH - 1), at(HEIGHT - 1, WIDTH - 1));
      """
    let outcome = try node.run(["-e", asking])
    #expect(outcome.status == 0, "\(outcome)")
    let lines = outcome.output.split(separator: "\n")
    try #require(lines.count == 2, "\(outcome)")
    let labels = try String(contentsOfFile: "\(folder)/labels.txt", encoding: .utf8)
    #expect(lines[0] == "\(fit) \(labels.split(separator: "\n").joined(separator: ","))")
    let corner = { (own: String) in fit == "pad" ? "128,128,128" : own }
    let (red, blue) = ("255,0,0", "0,0,255")
    #expect(lines[1] == "\(corner(red)) \(red) \(blue) \(corner(blue))")
  }

  @Test func `a format that there isn't is refused with those that there are`() throws {
    let outcome = try RunningCommand.run("tl-coord", ["export", "--format", "coreml"])
    #expect(outcome.exitCode == 64)
    #expect(outcome.errors.contains("coreml"), "\(outcome)")
    for format in ["onnx", "onnx-exact", "tflite"] {
      #expect(outcome.errors.contains(format), "\(outcome)")
    }
  }

  @Test func `the exact form of a run in float32 is refused with what to take instead`() throws {
    let bench = try Workbench()
    #expect(try bench.start("--precision", "fp32").exitCode == 0)
    let outcome = try export(bench, "--format", "onnx-exact")
    #expect(outcome.exitCode == 65, "\(outcome)")
    for part in ["float32", "'--format onnx'"] {
      #expect(outcome.errors.contains(part), "\(outcome)")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(bench.runsFolder)/run/export"))
  }

  @Test(arguments: [false, true])
  func `of the exact form's arithmetic gates are excepted where there are any`(
    hasGates: Bool
  ) throws {
    let bench = try Workbench()
    let backbone = try bench.folder.write(
      TinyModel.model(seed: 1, squeezes: hasGates).encoded(), to: "other.onnx")
    let run = try bench.start(
      backbone: backbone, "--precision", "int8", "--preprocess", "inception")
    #expect(run.exitCode == 0, "\(run)")
    let folder = "\(bench.folder.path)/model"
    let outcome = try export(bench, "--format", "onnx-exact", "--output", folder)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let card = try String(contentsOfFile: "\(folder)/README.md", encoding: .utf8)
    let exception = hasGates ? ", but for the gates of squeeze-and-excitation" : ""
    #expect(card.contains("| arithmetic | that of tl itself\(exception) |"), "\(card)")
    #expect(card.contains("up to 0.0048") == hasGates)
  }

  @Test func `a folder that can't be written to is named`() throws {
    let bench = try Workbench()
    #expect(try bench.start().exitCode == 0)
    let file = try bench.folder.write([1], to: "file")
    let outcome = try export(bench, "--output", "\(file)/model")
    #expect(outcome.exitCode == 74)
    #expect(outcome.errors.contains(file), "\(outcome)")
    #expect(outcome.errors.contains("--output"))
  }

  @Test(
    .enabled(
      if: InstalledProgram.python(with: "numpy", "onnxruntime") != nil,
      "skipped: no Python with onnxruntime and numpy; set TL_PYTHON"),
    arguments: ["pixels", "normalized"],
    [("int8", "Clip"), ("int8", "HardSwish"), ("fp32", "Clip"), ("fp32", "HardSwish")])
  func `onnxruntime sees the same as tl`(
    input: String, form: (precision: String, activation: String)
  ) throws {
    try expectTheSame("onnx", "onnxruntime", input, form.precision, form.activation)
  }

  @Test(
    .enabled(
      if: InstalledProgram.python(with: "numpy", "ai_edge_litert.interpreter") != nil,
      "skipped: no Python with ai-edge-litert and numpy; set TL_PYTHON"),
    arguments: ["pixels", "normalized"],
    [("int8", "Clip"), ("int8", "HardSwish"), ("fp32", "Clip"), ("fp32", "HardSwish")])
  func `LiteRT sees the same as tl`(
    input: String, form: (precision: String, activation: String)
  ) throws {
    try expectTheSame("tflite", "LiteRT", input, form.precision, form.activation)
  }

  @Test(
    .enabled(
      if: InstalledProgram.python(with: "numpy", "onnxruntime") != nil,
      "skipped: no Python with onnxruntime and numpy; set TL_PYTHON"),
    arguments: ["pixels", "normalized"], ["Clip", "HardSwish"])
  func `onnxruntime gives tl's own int8 in the exact form`(
    input: String, activation: String
  ) throws {
    try expectTheSame("onnx-exact", "onnxruntime", input, "int8", activation, within: 0.000005)
  }

  /// - Parameter tolerance: what probabilities and likeness may differ by
  private func expectTheSame(
    _ format: String, _ runtime: String, _ input: String, _ precision: String, _ activation: String,
    within tolerance: Double = 0.02
  ) throws {
    let bench = try Workbench()
    let backbone = try bench.folder.write(
      TinyModel.model(seed: 1, activation: activation).encoded(), to: "other.onnx")
    let run = try bench.start(
      backbone: backbone, "--precision", precision, "--preprocess", "inception", "--epochs", "20")
    #expect(run.exitCode == 0, "\(run)")
    let outcome = try export(
      bench, "--format", format, "--input", input, "--check", bench.photographs)
    #expect(outcome.exitCode == 0, "\(outcome)")
    // As it usually runs and as it is written, and of both the classes and the likeness.
    let count = Workbench.classCount * Workbench.photographsPerClass
    let lines = outcome.output.split(separator: "\n").filter { $0.hasPrefix(runtime) }
    #expect(lines.count == 4, "\(outcome)")
    for line in lines {
      let isOfClasses = line.contains("probabilities")
      #expect(
        !isOfClasses || line.contains("the same class for \(count) of \(count) photographs"),
        "\(line)")
      let difference = line.split(separator: "at most ").last?.prefix { "0123456789.".contains($0) }
      #expect((difference.flatMap { Double($0) } ?? 1) < tolerance, "\(line)")
    }
  }

  /// The script beside the model, asked about the run's photographs and about what is none.
  @Test(
    .enabled(
      if: InstalledProgram.python(with: "numpy", "onnxruntime", "PIL") != nil,
      "skipped: no Python with onnxruntime, pillow and numpy; set TL_PYTHON"),
    arguments: [("onnx", "onnxruntime"), ("tflite", "ai_edge_litert.interpreter")])
  func `the script says of which pictures it is none of the classes`(
    form: (format: String, module: String)
  ) throws {
    guard let python = InstalledProgram.python(with: "numpy", "PIL", form.module) else { return }
    let bench = try Workbench()
    #expect(try bench.start("--precision", "fp32", "--fit", "stretch").exitCode == 0)
    let folder = "\(bench.folder.path)/model"
    #expect(try export(bench, "--format", form.format, "--output", folder).exitCode == 0)
    let picture = try #require(
      FileManager.default.enumerator(atPath: bench.photographs)?.compactMap { $0 as? String }
        .first { $0.hasSuffix(".jpg") || $0.hasSuffix(".jpeg") })
    let path = "\(bench.photographs)/\(picture)"
    let predicted = try RunningCommand.run(
      "tl-coord", ["predict", "--runs", bench.runsFolder, "--run", "run", "--none-of-these", path])
    let plain = try python.run(["\(folder)/predict.py", path], keepingErrors: false)
    let asked = try python.run(
      ["\(folder)/predict.py", "--none-of-these", path], keepingErrors: false)
    #expect(plain.status == 0 && asked.status == 0, "\(plain) \(asked)")
    #expect(!plain.output.contains("none of these"))
    #expect(
      asked.output.contains("none of these") == predicted.output.contains("none of these"),
      "\(asked.output)\(predicted.output)")
    let missing = try python.run(["\(folder)/predict.py", "\(folder)/nothing.jpg"])
    #expect(missing.status == 1)
    #expect(missing.output.contains("nothing.jpg") && !missing.output.contains("Traceback"))
    try Self.expectSameAnswersToOddPictures(python, folder, path, bench)
    // Another threshold, and everything is none of these.
    let script = try String(contentsOfFile: "\(folder)/predict.py", encoding: .utf8)
    let strict = script.replacing(/LIKENESS_MIN = [0-9.e-]+/, with: "LIKENESS_MIN = 1.1")
    #expect(strict != script)
    try strict.write(toFile: "\(folder)/predict.py", atomically: true, encoding: .utf8)
    let none = try python.run(
      ["\(folder)/predict.py", "--none-of-these", path], keepingErrors: false)
    #expect(none.output.contains("none of these (at most"), "\(none)")
  }

  /// Of 16 bits, and with transparent parts that hide something: the script reads them by Pillow.
  private static func expectSameAnswersToOddPictures(
    _ python: InstalledProgram, _ folder: String, _ path: String, _ bench: Workbench
  ) throws {
    let made = ["grey16.png", "cut.png", "palette.png"].map { "\(folder)/\($0)" }
    let making = """
      import numpy as np
      from PIL import Image
      picture = Image.open('\(path)').convert('RGB')
      grey = np.asarray(picture.convert('L')).astype(np.uint16) * 257
      Image.fromarray(grey).save('\(made[0])')
      pixels = np.asarray(picture.convert('RGBA')).copy()
      pixels[: len(pixels) // 2, :, 3] = 0
      pixels[len(pixels) // 2 :, ::2, 3] = 128
      Image.fromarray(pixels).save('\(made[1])')
      few = picture.quantize(8)
      few.info['transparency'] = 3
      few.save('\(made[2])')
      """
    let outcome = try python.run(["-c", making])
    try #require(outcome.status == 0, "\(outcome.output)")
    let predicted = try RunningCommand.run(
      "tl-coord", ["predict", "--runs", bench.runsFolder, "--run", "run"] + made)
    let answered = try python.run(["\(folder)/predict.py"] + made, keepingErrors: false)
    #expect(answered.status == 0, "\(answered)")
    let expected = predicted.output.split(separator: "\n").map { Array($0.split(separator: " ")) }
    let lines = answered.output.split(separator: "\n").map { Array($0.split(separator: " ")) }
    try #require(lines.count == made.count && expected.count == made.count, "\(predicted)")
    for (line, other) in zip(lines, expected) {
      // The class, and its probability within two percent.
      #expect(line[1] == other[1], "\(line) \(other)")
      let (mine, theirs) = (Double(line[2].dropLast(2)), Double(other[2]))
      #expect(abs((mine ?? -9) - (theirs ?? 99)) < 2, "\(line) \(other)")
    }
  }
}
