import Foundation
import ONNX
import TestSupport
import Testing

@Suite struct RealModelTests {
  private func backbone() -> [UInt8]? {
    TestData.backbone.flatMap { FileManager.default.contents(atPath: $0) }.map(Array.init)
  }

  @Test(.enabled(if: TestData.isPresent, Comment(rawValue: TestData.absence)))
  func `a pretrained MobileNetV2 is read and written back the same`() throws {
    let file = try #require(backbone())
    let model = try OnnxModel(decoding: file)
    #expect(model.standardOperatorSet == 13)
    #expect(model.nodes.count == 100)
    #expect(
      Set(model.nodes.map(\.opType)) == [
        "Conv", "Clip", "Add", "GlobalAveragePool", "Flatten", "Gemm",
      ])
    #expect(
      model.inputs == [
        OnnxValueInfo(
          name: "input", elementType: .float32,
          dimensions: [.named("n"), .fixed(3), .fixed(224), .fixed(224)])
      ])
    #expect(model.metadata("license") == "Apache-2.0")
    #expect(try OnnxModel(decoding: model.encoded()) == model)
  }

  @Test(.enabled(if: TestData.isPresent, Comment(rawValue: TestData.absence)))
  func `a pretrained MobileNetV2 cut off anywhere is refused`() throws {
    let file = try #require(backbone())
    for quarter in 0..<4 {
      let cut = Array(file[..<(file.count * quarter / 4)])
      #expect(throws: OnnxError.self) { try OnnxModel(decoding: cut) }
    }
  }
}
