import Foundation
import Testing

/// protoc-c's output differs from version to version, so only the one that wrote what is checked in
/// can say whether it is current.
private enum Generator {
  /// The version in the checked-in headers, such as `1004001`.
  static let versionUsed: Substring? = {
    let header = Repository.text("Sources/Cluster/CWireMessages/include/wire.pb-c.h") ?? ""
    return header.firstMatch(of: /(\d+) < PROTOBUF_C_MIN_COMPILER_VERSION/)?.1
  }()

  /// The version of the protoc-c on the search path, in the same form; nil without one.
  static let versionInstalled: String? = {
    guard Repository.hasProgram("protoc-c"),
      let output = try? Repository.run("protoc-c", ["--version"]).output,
      let match = output.firstMatch(of: /protobuf-c (\d+)\.(\d+)\.(\d+)/),
      let major = Int(match.1), let minor = Int(match.2), let patch = Int(match.3)
    else { return nil }
    return String(major * 1_000_000 + minor * 1_000 + patch)
  }()
}

struct GeneratedCodeTests {
  @Test(
    .enabled(
      if: Generator.versionInstalled.map { $0 == Generator.versionUsed ?? "" } ?? false,
      "skipped: needs protoc-c of the version that wrote the checked-in sources"))
  func `the C sources of the messages are what proto-generate.sh writes`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try Repository.run(
      "sh", ["proto/generate.sh", folder.path(percentEncoded: false)])
    try #require(result.status == 0, "\(result.output)")
    let generated = Repository.files(
      below: "Sources/", endings: [".pb-c.c", ".pb-c.h"])
    #expect(generated.count == 2 * Repository.files(below: "proto/", endings: [".proto"]).count)
    for file in generated {
      let current = try String(
        contentsOf: folder.appending(path: file.dropFirst("Sources/".count)), encoding: .utf8)
      #expect(current == Repository.text(file), "\(file) is stale: run proto/generate.sh")
    }
  }
}
