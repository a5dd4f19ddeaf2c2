import Digest
import Foundation
import Images
import TestSupport
import Testing

struct PhotographInputsTests {
  // If this fails, pixels have changed: raise `Preprocessing.version`.
  @Test(.enabled(if: TestData.isPresent, "\(TestData.absence)"))
  func `photographs have led to the same inputs ever since`() throws {
    let folder = try #require(TestData.flowers)
    let paths = try #require(FileManager.default.enumerator(atPath: folder)?.allObjects)
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".jpg") }.sorted()
    #expect(paths.count == 736)
    var preprocessor = try Preprocessor(inputHeight: 224, inputWidth: 224, fit: .crop)
    var hash = SHA256()
    for path in paths {
      let file = Array(try #require(FileManager.default.contents(atPath: "\(folder)/\(path)")))
      hash.update(try preprocessor.preprocess(file, digest: .sha256([]), variant: 0))
    }
    #expect(
      hash.finish().description
        == "6c4b1d44b78128326329d06b94ece4c9015c13ac39b2288f8148bf0af5433685")
  }
}
