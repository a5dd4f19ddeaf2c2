import Testing

/// What each module may import, beside the standard library. A C library has one Swift importer,
/// whose own types it stays behind.
enum ImportRules {
  static let allowed: [String: Set<String>] = [
    // Values and arithmetic: no threads, no clock, no network.
    "Digest": ["CCrypto", "Glibc"],
    "ClusterCore": ["Digest"],
    "Kernels": ["CKernels", "Glibc"],
    "Training": ["Kernels", "Digest"],
    "Manifest": ["Digest", "Images", "Threading", "Glibc", "Synchronization"],
    "Images": ["CTurboJPEG", "CPNG", "Digest", "Kernels", "Glibc"],
    "Protobuf": ["CProtobufC", "Glibc"],
    "ONNX": ["Protobuf", "COnnxMessages", "Glibc"],
    "MobileNet": ["ONNX", "Kernels", "Digest"],
    "DemoFlowers": ["Images", "Digest", "Threading", "Glibc", "Synchronization"],
    // The outside world.
    "Threading": ["CLinux", "Glibc", "Synchronization"],
    "ZeroMQ": ["CZeroMQ", "Threading", "Glibc", "Synchronization"],
    "Wire": ["ClusterCore", "Protobuf", "CWireMessages", "Digest", "Glibc"],
    "RunFiles": ["Digest", "Training", "Glibc"],
    "CommandLine": ["Glibc"],
    "Extraction": ["Digest", "Manifest", "MobileNet", "Images"],
    "DaemonSupport": ["ClusterCore", "Wire", "ZeroMQ", "Glibc"],
    "WorkerDaemon": daemon,
    "CoordinatorDaemon": daemon.union(["RunFiles"]),
    "Inspection": [
      "Extraction",
      "ClusterCore", "Training", "RunFiles", "Digest", "Manifest", "MobileNet", "Images",
      "Threading", "Synchronization",
    ],
    "ClusterSimulation": ["ClusterCore", "Training", "Digest", "Wire"],
  ]

  static let daemon: Set<String> = [
    "DaemonSupport", "Extraction", "ClusterCore", "Wire", "ZeroMQ", "Threading", "Digest",
    "Manifest", "Training", "Kernels", "MobileNet", "ONNX", "Images", "Glibc", "Foundation",
    "Synchronization",
  ]

  /// The module named by an import declaration, or nil for another line.
  static func importedModule(_ line: Substring) -> Substring? {
    let declaration =
      /^\s*(?:(?:@\w+(?:\(\w+\))?|public|package|internal|private|fileprivate)\s+)*import\s+(?:(?:struct|class|enum|func|var|let|protocol|typealias)\s+)?(\w+)/
    return line.firstMatch(of: declaration)?.1
  }
}

struct ImportTests {
  @Test func `a module imports only what the design allows it`() {
    for file in Repository.files(below: "Sources/", endings: [".swift"]) {
      let module = String(file.split(separator: "/")[1])
      guard !module.hasPrefix("tl-") else { continue }
      guard let allowed = ImportRules.allowed[module] else {
        Issue.record("\(module) is missing from the import rules")
        continue
      }
      for line in (Repository.text(file) ?? "").split(separator: "\n") {
        guard let imported = ImportRules.importedModule(line) else { continue }
        #expect(allowed.contains(String(imported)), "\(file) imports \(imported)")
      }
    }
  }

  @Test func `a C library has one Swift importer`() {
    var importers: [String: Set<String>] = [:]
    for file in Repository.files(below: "Sources/", endings: [".swift"]) {
      let module = String(file.split(separator: "/")[1])
      for line in (Repository.text(file) ?? "").split(separator: "\n") {
        guard let imported = ImportRules.importedModule(line) else { continue }
        let isC = imported.first == "C" && imported.dropFirst().first?.isUppercase == true
        if isC { importers[String(imported), default: []].insert(module) }
      }
    }
    for (library, modules) in importers {
      #expect(modules.count == 1, "\(library) is imported by \(modules.sorted())")
    }
  }

  @Test(arguments: [
    ("import Glibc", "Glibc"), ("@preconcurrency import Foundation", "Foundation"),
    ("  public import Digest", "Digest"), ("import struct Foundation.URL", "Foundation"),
    ("@_spi(Testing) import Wire", "Wire"),
  ])
  func `import declarations are recognized`(_ line: String, _ module: String) {
    #expect(ImportRules.importedModule(Substring(line)).map(String.init) == module)
  }

  @Test func `other lines are no imports`() {
    #expect(ImportRules.importedModule("// import Glibc") == nil)
    #expect(ImportRules.importedModule("important()") == nil)
  }
}
