import Foundation
import Testing

/// The rules for imports: a module imports what `Package.swift` declares for it, all of it, and of the
/// system only what its layer may know. A C library has one Swift importer, behind which its types
/// stay.
enum ImportRules {
  /// The layers, from below: a module depends on its own layer and on those before it.
  static let layers = [
    "System", "Numerics", "Learning", "Cluster", "Daemons", "Commands", "Tools",
  ]

  /// Modules that decide and compute, and so know neither files nor clock nor threads.
  static let pure: Set = ["ClusterCore", "ClusterShell", "Training", "MobileNet"]

  /// Modules that need more than C's library and synchronization: daemons start processes.
  static let usesFoundation: Set = ["CoordinatorDaemon", "WorkerDaemon"]

  /// What a module may import of the system and the toolchain.
  static func system(_ module: String) -> Set<String> {
    if pure.contains(module) { return [] }
    let ordinary: Set = ["Glibc", "Synchronization"]
    let isFree = usesFoundation.contains(module) || module.hasPrefix("tl-")
    return isFree ? ordinary.union(["Foundation"]) : ordinary
  }

  /// The module named by an import declaration, or nil for another line.
  static func importedModule(_ line: Substring) -> Substring? {
    let declaration =
      /^\s*(?:(?:@\w+(?:\(\w+\))?|public|package|internal|private|fileprivate)\s+)*import\s+(?:(?:struct|class|enum|func|var|let|protocol|typealias)\s+)?(\w+)/
    return line.firstMatch(of: declaration)?.1
  }
}

/// The modules below `Sources`, as `Package.swift` declares them.
private struct DeclaredModule: Decodable {
  struct Dependency: Decodable {
    let byName: [String?]
  }
  let name: String
  let path: String?
  let dependencies: [Dependency]

  var layer: Int {
    let folder = path?.split(separator: "/").dropFirst().first.map(String.init) ?? ""
    return ImportRules.layers.firstIndex(of: folder) ?? -1
  }

  /// Modules by name; empty, with an issue recorded, where the manifest can't be read.
  static let all: [String: DeclaredModule] = {
    struct Package: Decodable { let targets: [DeclaredModule] }
    // In a build folder of its own: the one in use is locked while tests run.
    let scratch = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: scratch) }
    guard
      let dump = try? Repository.run(
        "env",
        [
          "-u", "TL_TESTS", "TL_DECLARED=1", "swift", "package", "--scratch-path",
          scratch.path(percentEncoded: false), "dump-package",
        ]),
      let start = dump.output.firstIndex(of: "{"),
      let package = try? JSONDecoder().decode(Package.self, from: Data(dump.output[start...].utf8))
    else { return [:] }
    let modules = package.targets.filter { $0.path?.hasPrefix("Sources/") ?? false }
    return Dictionary(uniqueKeysWithValues: modules.map { ($0.name, $0) })
  }()

  var dependencyNames: Set<String> { Set(dependencies.compactMap { $0.byName.first ?? nil }) }

  /// What the module's Swift files import, each with a file that does.
  var imports: [String: String] {
    var found: [String: String] = [:]
    for file in Repository.files(below: (path ?? "") + "/", endings: [".swift"]) {
      for line in (Repository.text(file) ?? "").split(separator: "\n") {
        if line.contains("import"), let imported = ImportRules.importedModule(line) {
          found[String(imported)] = file
        }
      }
    }
    return found
  }
}

@Suite(.enabled(if: Repository.hasProgram("swift"), "skipped: swift is not on the search path"))
struct ImportTests {
  @Test func `every module below Sources is declared in the manifest`() {
    let declared = Set(DeclaredModule.all.values.compactMap(\.path))
    #expect(declared.count > 30)
    for file in Repository.files(below: "Sources/", endings: [".swift", ".c", ".h", ".modulemap"]) {
      let folder = file.split(separator: "/").prefix(3).joined(separator: "/")
      #expect(declared.contains(folder), "\(file) belongs to no module of Package.swift")
    }
  }

  @Test func `a module imports what it declares, and declares nothing else`() {
    for module in DeclaredModule.all.values {
      let imports = module.imports
      let allowed = module.dependencyNames.union(ImportRules.system(module.name))
      for (imported, file) in imports {
        #expect(allowed.contains(imported), "\(file) imports \(imported)")
      }
      guard !imports.isEmpty else { continue }
      for unused in module.dependencyNames.subtracting(imports.keys) {
        Issue.record("\(module.name) declares \(unused) and imports it nowhere")
      }
    }
  }

  @Test func `dependencies point from upper layers to lower ones`() {
    for module in DeclaredModule.all.values {
      #expect(module.layer >= 0, "\(module.name) lies in no layer")
      for name in module.dependencyNames {
        guard let dependency = DeclaredModule.all[name] else { continue }
        #expect(dependency.layer <= module.layer, "\(module.name) depends on \(name) above it")
      }
    }
  }

  @Test func `a C library has one Swift importer`() {
    var importers: [String: Set<String>] = [:]
    for module in DeclaredModule.all.values {
      for imported in module.imports.keys {
        let isC = imported.first == "C" && imported.dropFirst().first?.isUppercase == true
        if isC { importers[imported, default: []].insert(module.name) }
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
