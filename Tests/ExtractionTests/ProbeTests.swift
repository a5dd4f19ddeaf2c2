import Extraction
import Kernels
import MobileNet
import TestSupport
import Testing

@Suite struct ProbeTests {
  private func digest(seed: UInt64 = 1, _ set: InstructionSet) throws -> String {
    let backbone = try Backbone(
      onnx: TinyModel.onnx(seed: seed), preprocess: .inception,
      kernels: try #require(KernelTable.forced(set)))
    return try Probe.digest(backbone).description
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `every machine and every instruction set gives this digest`(set: InstructionSet) throws {
    // Whoever changes it on purpose raises `Preprocessing.version`, so that workers of the former
    // build are told why they can't join.
    let digest = try digest(set)
    #expect(
      digest == "c75b4543b8c4f6b42d40789320e717ec30370bc6f215895e3c265ee490bae412")
  }

  @Test func `another backbone gives another digest`() throws {
    #expect(try digest(seed: 2, .scalar) != digest(seed: 1, .scalar))
  }
}
