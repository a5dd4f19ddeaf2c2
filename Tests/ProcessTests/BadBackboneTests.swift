import Foundation
import ONNX
import TestSupport
import Testing

/// What can't serve as a backbone is told by name, before a run is created.
@Suite(.serialized) struct BadBackboneTests {
  @Test func `a missing file is named`() throws {
    let bench = try Workbench()
    expectFailure(try bench.start(backbone: "nowhere.onnx"), 65, "nowhere.onnx", "--backbone")
    #expect(!FileManager.default.fileExists(atPath: bench.runsFolder))
  }

  @Test func `a truncated file is refused`() throws {
    let bench = try Workbench()
    let whole = TinyModel.onnx(seed: 1)
    for count in [0, 1, whole.count / 2, whole.count - 1] {
      let path = try bench.folder.write(Array(whole[..<count]), to: "cut.onnx")
      expectFailure(try bench.start(backbone: path), 65, "cut.onnx")
    }
    #expect(!FileManager.default.fileExists(atPath: bench.runsFolder))
  }

  @Test func `a file that is no ONNX file is refused`() throws {
    let bench = try Workbench()
    let path = try bench.folder.write(Array("a letter to the editor".utf8), to: "letter.onnx")
    expectFailure(try bench.start(backbone: path), 65, "letter.onnx")
    expectFailure(try bench.start(backbone: bench.photographs), 65, bench.photographs)
  }

  @Test func `an operation that isn't supported is named`() throws {
    let bench = try Workbench()
    var model = TinyModel.model(seed: 1)
    let place = try #require(model.nodes.firstIndex { $0.opType == "Clip" })
    model.nodes[place].opType = "Erf"
    let path = try bench.folder.write(model.encoded(), to: "erf.onnx")
    expectFailure(try bench.start(backbone: path), 65, "erf.onnx", "Erf")
  }

  @Test func `a network without a classifier is refused`() throws {
    let bench = try Workbench()
    var model = TinyModel.model(seed: 1)
    model.nodes.removeAll { $0.opType == "Gemm" || $0.opType == "MatMul" }
    let path = try bench.folder.write(model.encoded(), to: "headless.onnx")
    expectFailure(try bench.start(backbone: path), 65, "headless.onnx")
  }
}
