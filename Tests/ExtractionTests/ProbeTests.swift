import Extraction
import Images
import Kernels
import MobileNet
import TestSupport
import Testing

@Suite struct ProbeTests {
  private func digest(seed: UInt64 = 1, fit: Fit = .crop, _ set: InstructionSet) throws -> String {
    let backbone = try Backbone(
      onnx: TinyModel.onnx(seed: seed), preprocess: .inception,
      kernels: try #require(KernelTable.forced(set)))
    return try Probe.digest(backbone, fit: fit).description
  }

  @Test(arguments: InstructionSet.allCases.filter(\.isSupported))
  func `every machine and every instruction set gives this digest`(set: InstructionSet) throws {
    // Whoever changes it on purpose raises `Preprocessing.version`, so that workers of the former
    // build are told why they can't join.
    let digest = try digest(set)
    #expect(
      digest == "254c3398c71e964484b431cdd31c8fdd8ac479b21ebaede12b3d76e2ca08d7d8")
  }

  @Test func `another backbone gives another digest`() throws {
    #expect(try digest(seed: 2, .scalar) != digest(seed: 1, .scalar))
  }

  @Test func `so does another fit`() throws {
    #expect(Set(try Fit.allCases.map { try digest(fit: $0, .scalar) }).count == Fit.allCases.count)
  }
}
