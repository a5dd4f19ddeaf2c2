import CommandLine
import Files
import Glibc
import Inspection
import MobileNet
import RunFiles

/// `tl-coord export`: a run's classifier for other programs.
enum ExportCommand {
  static let output = Option<String?>(
    "output", .text("DIR", expectation: "a folder"),
    "where to put the files; the run's folder 'export' where it is left out")
  static let format = Option(
    "format", .word(), default: ExportFormat.onnx,
    "what the model is for: 'onnx' (onnxruntime, OpenVINO), 'onnx-exact' (onnxruntime, with tl's own int8 "
      + "arithmetic, slower) or 'tflite' (LiteRT, TensorFlow Lite)")
  static let input = Option(
    "input", .word(), default: ExportedInput.pixels,
    "what the model takes: 'pixels' (bytes; the preprocessing is in the model) or 'normalized' "
      + "(float32)")
  static let check = Option<String?>(
    "check", .text("DIR|FILE", expectation: "a folder of photographs"),
    "compare the model with tl on photographs; needs Python with numpy and with onnxruntime or "
      + "ai-edge-litert")

  static let command = Command(
    "export", "write a classifier as an ONNX or TensorFlow Lite file, for other programs",
    groups: [
      OptionGroup(
        "Options",
        [
          PredictCommand.run.declaration, PredictCommand.best.declaration,
          StartOptions.runs.declaration, output.declaration, format.declaration,
          input.declaration, check.declaration,
        ])
    ],
    notes: [
      "Example:",
      "  tl-coord export --run photos-1 --output flowers-model",
      "  python flowers-model/predict.py holiday/*.jpg",
      "  tl-coord export --run photos-1 --format tflite --output flowers-lite",
    ])

  static func run(_ settings: Settings, _ terminal: Terminal) throws -> ExitCode {
    let classifier = try PredictCommand.classifier(settings)
    let photographs = try settings[check].map { try self.photographs(at: $0) }
    let folder =
      try settings[output] ?? "\(PredictCommand.directory(settings).path)/export"
    let export = try ModelExport(
      classifier, format: settings[format], input: settings[input])
    do throws(SystemError) {
      try makeFolders(folder)
      for file in export.files {
        try LinuxFileSystem().replaceFile("\(folder)/\(file.name)", with: file.bytes)
      }
    } catch {
      throw CommandLineError(
        .inputOutput, "can't write \(printable(error.path)): \(error.reason)",
        advice: "Give '--output' a folder that you may write to and that has room.")
    }
    for file in export.files {
      write(
        "\(printable("\(folder)/\(file.name)"))  \(inBytes(file.bytes.count))\n",
        to: STDOUT_FILENO)
    }
    tellOfOthers(in: folder, than: settings[format].modelName)
    guard let photographs else { return .success }
    return try ExportCheck.run(
      model: "\(folder)/\(settings[format].modelName)", settings[format], classifier,
      photographs: photographs)
  }

  /// What the model is to be compared on; known to be there before anything is written.
  private static func photographs(at path: String) throws(CommandLineError) -> [String] {
    guard isFolder(path) || byteCount(ofFile: path) != nil else {
      throw CommandLineError(
        .data, "--check: there is no folder or photograph '\(printable(path))'")
    }
    return try PredictionInputs.files(at: path).paths
  }

  /// Of another format's model, beside which the script and the card are now of this one.
  private static func tellOfOthers(in folder: String, than own: String) {
    for name in Set(ExportFormat.allCases.map(\.modelName)).sorted() where name != own {
      guard byteCount(ofFile: "\(folder)/\(name)") != nil else { continue }
      report(
        .warning,
        "\(printable(folder)) also has \(name) of an earlier export: predict.py and README.md are now for "
          + "\(own)", program: CoordinatorProgram.program.name)
    }
  }

  private static func inBytes(_ count: Int) -> String {
    count < 100_000 ? "\(count) bytes" : "\(formatted(Double(count) / 1e6, decimals: 1)) MB"
  }
}
