import CommandLine
import Foundation
import Inspection
import Threading

/// `tl-coord export --check`: whether onnxruntime sees the same as tl in the same pixels: with its usual
/// optimizations, and with the file's operators as they are written. With int8 they differ: what is
/// written as QDQ it computes in int8 arithmetic of its own.
enum ExportCheck {
  // Line by line: the rules for imports of this project don't hold for Python.
  private static let script = [
    "import sys",
    "try:",
    "    import numpy as np",
    "    import onnxruntime",
    "except ImportError as error:",
    "    sys.exit(f\"skip {error}\")",
    "model, folder, count = sys.argv[1], sys.argv[2], int(sys.argv[3])",
    "sessions = []",
    "for level in (\"ORT_ENABLE_ALL\", \"ORT_DISABLE_ALL\"):",
    "    options = onnxruntime.SessionOptions()",
    "    options.graph_optimization_level = getattr(onnxruntime.GraphOptimizationLevel, level)",
    "    sessions.append(",
    "        onnxruntime.InferenceSession(model, options, providers=[\"CPUExecutionProvider\"]))",
    "source = sessions[0].get_inputs()[0]",
    "expected = np.fromfile(f\"{folder}/probabilities\", \"<f4\").reshape(count, -1)",
    "pixels = np.fromfile(f\"{folder}/pixels\", np.uint8)",
    "if source.type == \"tensor(uint8)\":",
    "    pictures = pixels.reshape((count,) + tuple(source.shape[1:]))",
    "else:",
    "    height, width = source.shape[2:]",
    "    scale = np.fromfile(f\"{folder}/scale\", \"<f8\").reshape(2, 3)",
    "    pictures = pixels.reshape(count, height, width, 3).astype(np.float32)",
    "    pictures = ((pictures - scale[0].astype(np.float32)) / scale[1].astype(np.float32))",
    "    pictures = pictures.transpose(0, 3, 1, 2).copy()",
    "same, differences = [], []",
    "for session in sessions:",
    "    found = np.concatenate(",
    "        [session.run(None, {source.name: pictures[i:i + 16]})[0] for i in range(0, count, 16)])",
    "    same.append(int((found.argmax(1) == expected.argmax(1)).sum()))",
    "    differences.append(float(np.abs(found - expected).max()))",
    "print(*same, *differences, onnxruntime.__version__)",
  ].joined(separator: "\n")

  static func run(
    model: String, _ classifier: Classifier, photographs: [String]
  ) throws -> ExitCode {
    let check = try ModelCheck(classifier, photographs, threads: processorCount)
    guard check.count > 0 else {
      throw CommandLineError(.data, "none of the photographs can be decoded")
    }
    let folder = FileManager.default.temporaryDirectory.appending(path: "tl-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    for (name, bytes) in [
      ("pixels", check.pixels), ("probabilities", check.probabilities), ("scale", check.scale),
    ] {
      try Data(bytes).write(to: folder.appending(path: name))
    }
    let answer = try python([
      "-c", script, model, folder.path(percentEncoded: false), "\(check.count)",
    ])
    let fields = answer.text.split(separator: " ")
    guard answer.exitCode == 0, fields.count == 5, let same = Int(fields[0]),
      let sameAsWritten = Int(fields[1]), let difference = Double(fields[2]),
      let differenceAsWritten = Double(fields[3])
    else {
      throw CommandLineError(
        .unavailable, "the model can't be checked: \(printable(answer.text))",
        advice: "Have Python with them: pip install onnxruntime numpy; TL_PYTHON names another.")
    }
    func line(_ how: String, _ same: Int, _ difference: Double) -> String {
      "onnxruntime \(printable(String(fields[4])))\(how): the same class for \(same) of "
        + "\(check.count) photographs, probabilities differ by at most "
        + "\(formatted(difference, decimals: 6))\n"
    }
    write(
      line("", same, difference)
        + line(" without optimizations", sameAsWritten, differenceAsWritten), to: STDOUT_FILENO)
    // Runtimes round int8 in their own ways, so that a class near a border may be another.
    let differing = check.count - min(same, sameAsWritten)
    return differing * 100 <= check.count ? .success : .data
  }

  private static func python(_ arguments: [String]) throws -> (exitCode: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    let program = ProcessInfo.processInfo.environment["TL_PYTHON"] ?? "python3"
    process.arguments = [program] + arguments
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let bytes = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: bytes, as: UTF8.self).split(separator: "\n").last ?? ""
    return (process.terminationStatus, String(text))
  }
}
