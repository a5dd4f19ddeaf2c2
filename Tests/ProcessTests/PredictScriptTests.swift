import Foundation
import TestSupport
import Testing

/// The script beside an exported model, with what isn't as it should be.
@Suite(.serialized) struct PredictScriptTests {
  private static let python = InstalledProgram.python(with: "numpy", "onnxruntime", "PIL")

  /// A model's folder with the script, and a folder with a photograph and pictures that can't be read.
  private func prepared() throws -> (Workbench, script: String, pictures: String) {
    let bench = try Workbench()
    #expect(try bench.start("--precision", "fp32").exitCode == 0)
    let folder = "\(bench.folder.path)/model"
    let exported = try RunningCommand.run(
      "tl-coord", ["export", "--runs", bench.runsFolder, "--run", "run", "--output", folder])
    try #require(exported.exitCode == 0, "\(exported)")
    let whole = try Data(contentsOf: URL(filePath: bench.classFolders()[0] + "/000.jpg"))
    for (name, content) in [
      ("deep/er/whole.JPG", whole), ("deep/notes.txt", Data("notes".utf8)),
      ("half.jpg", whole.prefix(whole.count / 2)), ("empty.png", Data()),
      ("claims.tif", Data(Self.tiff(side: 60_000))), ("large.tif", Data(Self.tiff(side: 10_000))),
      ("@eaDir/thumbnail.jpg", whole), (".hidden.jpg", whole),
    ] { try bench.folder.write(Array(content), to: "pictures/\(name)") }
    let pictures = "\(bench.folder.path)/pictures"
    // A way back to where it comes from.
    try FileManager.default.createSymbolicLink(
      atPath: "\(pictures)/deep/back", withDestinationPath: pictures)
    return (bench, "\(folder)/predict.py", pictures)
  }

  /// A file of a few bytes that claims to be a grey picture of side × side pixels.
  private static func tiff(side: UInt32) -> [UInt8] {
    func bytes(_ value: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    // Width, height, bits, no compression, black is 0, one strip of these rows at byte 8, its length.
    let tags: [(UInt32, UInt32)] = [
      (256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (278, side),
      (279, side * side),
    ]
    return Array("II*\0".utf8) + bytes(8, 4) + bytes(UInt32(tags.count), 2)
      + tags.flatMap { bytes($0.0, 2) + bytes(4, 2) + bytes(1, 4) + bytes($0.1, 4) } + bytes(0, 4)
  }

  @Test(.enabled(if: python != nil, "skipped: no Python with onnxruntime, pillow and numpy"))
  func `a folder is looked through, and what can't be read is named while the rest is answered`()
    throws
  {
    let python = try #require(Self.python)
    let (bench, script, pictures) = try prepared()
    let both = try python.run([script, pictures, bench.classFolders()[1] + "/001.jpg"])
    #expect(both.status == 1 && !both.output.contains("Traceback"), "\(both.output)")
    let lines = both.output.split(separator: "\n").map(String.init)
    for (name, reason) in [
      ("half.jpg", "truncated"), ("empty.png", "not a picture"),
      ("claims.tif", "more than 268,435,456 pixels"), ("large.tif", "more than 67,108,864 pixels"),
    ] {
      #expect(
        lines.contains { $0.hasPrefix("\(pictures)/\(name): ") && $0.contains(reason) },
        "\(name): \(both.output)")
    }
    let answered = try python.run(
      [script, pictures, bench.classFolders()[1] + "/001.jpg"], keepingErrors: false)
    let answers = answered.output.split(separator: "\n")
    #expect(answers.count == 2, "\(answered.output)")
    #expect(answers.first?.hasPrefix("\(pictures)/deep/er/whole.JPG ") == true)

    let whole = try python.run([script, "\(pictures)/deep/er"])
    #expect(whole.status == 0, "\(whole.output)")
    let empty = "\(bench.folder.path)/nothing"
    try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: false)
    let none = try python.run([script, empty])
    #expect(none.status == 1)
    #expect(none.output == "\(empty): there is no photograph in this folder\n")
    #expect(try python.run([script]).status == 2)
  }

  @Test(.enabled(if: python != nil, "skipped: no Python with onnxruntime, pillow and numpy"))
  func `what the script needs and hasn't got is named`() throws {
    let python = try #require(Self.python)
    let (bench, script, _) = try prepared()
    let photograph = try bench.classFolders()[0] + "/000.jpg"
    // Python without the packages that are installed for it.
    let bare = try python.run(["-S", "-E", script, photograph])
    #expect(bare.status == 1, "\(bare.output)")
    #expect(bare.output.contains("-m pip install onnxruntime pillow numpy"), "\(bare.output)")
    #expect(!bare.output.contains("Traceback"))
    let model = URL(filePath: script).deletingLastPathComponent().appending(path: "model.onnx")
    try Data("no model".utf8).write(to: model)
    let damaged = try python.run([script, photograph])
    #expect(damaged.status == 1 && !damaged.output.contains("Traceback"), "\(damaged.output)")
    #expect(damaged.output.contains("predict.py: can't use model.onnx"), "\(damaged.output)")
  }
}
