import Foundation
import RunFiles
import TestSupport
import Testing
import Training

/// What other programs make of a checkpoint: Python's `safetensors` reads it, and numpy predicts
/// with it. `TL_PYTHON` names the interpreter, `python3` otherwise.
private enum Python {
  static let absence: Comment = "skipped: no Python with numpy and safetensors; set TL_PYTHON"
  static let program = InstalledProgram.python(with: "numpy", "safetensors")

  /// What the script prints; throws where it fails.
  static func run(_ script: String, _ arguments: String...) throws -> String {
    let answer = try #require(program).run(["-c", script] + arguments, keepingErrors: false)
    guard answer.status == 0 else { throw CocoaError(.executableLoad) }
    return answer.output
  }
}

struct PythonTests {
  @Test(.enabled(if: Python.program != nil, Python.absence))
  func `Python reads a checkpoint, its seal and its head, and numpy predicts the same`() throws {
    let folder = try TemporaryFolder()
    let checkpoint = try testCheckpoint(steps: 7)
    try CheckpointFolder(path: folder.path).save(checkpoint)
    let rows: [[Float]] = [[0, 0, 0, 0, 0], [1, 2, 3, 4, 5], [0.5, 0, 6, 0.25, 0]]
    let script = """
      import hashlib, json, re, sys
      import numpy, safetensors
      path, rows = sys.argv[1], numpy.array(json.loads(sys.argv[2]), numpy.float32)
      with safetensors.safe_open(path, "np") as file:
          weight, bias, about = file.get_tensor("weight"), file.get_tensor("bias"), file.metadata()
          tensors = sorted(file.keys())
      blank = re.sub(rb'"sha256":"[0-9a-f]{64}"', b'"sha256":"' + b"0" * 64 + b'"',
                     open(path, "rb").read(), count=1)
      logits = rows @ weight.T + bias
      weights = numpy.exp(logits - logits.max(1, keepdims=True))
      print(json.dumps({
          "tensors": tensors,
          "sealed": hashlib.sha256(blank).hexdigest() == about["sha256"],
          "head": hashlib.sha256(weight.tobytes() + bias.tobytes()).hexdigest(),
          "classes": json.loads(about["classes"]),
          "step": about["step"],
          "probabilities": (weights / weights.sum(1, keepdims=True)).tolist()}))
      """
    let path = CheckpointFolder(path: folder.path).file(step: 7)
    let answer = try JSONValue(decoding: Python.run(script, path, "\(rows)").utf8)
    #expect(answer["sealed"]?.boolean == true)
    #expect(answer["head"]?.string == "\(checkpoint.state.head.digest)")
    #expect(answer["step"]?.string == "7")
    #expect(answer["classes"]?.array?.map(\.string) == testClasses)
    #expect(
      answer["tensors"]?.array?.map(\.string) == [
        "bias", "first_moment.bias", "first_moment.weight", "second_moment.bias",
        "second_moment.weight", "weight",
      ])
    var engine = ShareEngine(shape: checkpoint.state.head.shape)
    for (row, found) in zip(rows, try #require(answer["probabilities"]?.array)) {
      let expected = try engine.probabilities(head: checkpoint.state.head, features: row)
      for (probability, found) in zip(expected, try #require(found.array)) {
        #expect(abs(Double(probability) - (found.double ?? .nan)) < 1e-6)
      }
    }
  }
}
