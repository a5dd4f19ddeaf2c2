// swift-tools-version: 6.2
import PackageDescription

// Every Swift target is strict: memory safety is checked expression by expression and a warning
// fails the build.
let strict: [SwiftSetting] = [.strictMemorySafety(), .treatAllWarnings(as: .error)]

// The microkernels are always optimized: a debug build of them would make every test crawl. No
// instruction-set flag stands here: each kernel names its own target attribute, so that the scalar
// reference stays free of vector code.
let optimizedC: [CSetting] = [
  .unsafeFlags(["-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror"])
]

/// The folders below Sources, each a layer: a module depends on modules of its own layer and of those
/// above it in this list, never on one below.
enum Layer: String {
  case system = "System"
  case numerics = "Numerics"
  case learning = "Learning"
  case cluster = "Cluster"
  case daemons = "Daemons"
  case commands = "Commands"
  case tools = "Tools"
}

/// What both daemons are built on.
let daemon: [Target.Dependency] = [
  "DaemonSupport", "Access", "Extraction", "ClusterShell", "ClusterCore", "Wire", "ZeroMQ",
  "Supervision", "Threading",
  "Digest", "Manifest",
  "Training", "MobileNet", "Images",
]

func library(_ layer: Layer, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(layer.rawValue)/\(name)",
    swiftSettings: strict)
}

func command(
  _ layer: Layer, _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, path: "Sources/\(layer.rawValue)/\(name)",
    resources: resources, swiftSettings: strict)
}

/// A C library of the system, by the Debian package that has its headers.
func systemLibrary(_ name: String, _ package: String? = nil) -> Target {
  .systemLibrary(
    name: name, path: "Sources/\(Layer.system.rawValue)/\(name)",
    providers: package.map { [.apt([$0])] })
}

/// A module in C that is part of this repository.
func sourcesInC(
  _ layer: Layer, _ name: String, _ dependencies: [Target.Dependency] = [],
  settings: [CSetting] = [], links libraries: String...
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(layer.rawValue)/\(name)",
    cSettings: settings, linkerSettings: libraries.map { .linkedLibrary($0) })
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, swiftSettings: [.treatAllWarnings(as: .error)])
}

// TL_TESTS=ClusterCoreTests,WireTests builds these tests alone, and commands only for tests that
// start them: `make test ONLY=…` sets it.
let chosenTests = Context.environment["TL_TESTS"].map {
  Set($0.split(separator: ",").map(String.init))
}

let libraries: [Target] = [
  // System: C libraries behind one Swift module each, and what knows nothing of pictures or learning.
  systemLibrary("CLinux"),
  // Loads libavahi-client when it is needed, and so needs its headers alone.
  sourcesInC(.system, "CAvahi", settings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
  // Takes the place of the C library's accept(), so every program that listens is linked with it.
  sourcesInC(.system, "CAccept", settings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
  systemLibrary("CArchive", "libarchive-dev"),
  systemLibrary("CCairo", "libcairo2-dev"),
  systemLibrary("CCrypto", "libssl-dev"),
  systemLibrary("CCurl", "libcurl4-openssl-dev"),
  systemLibrary("CMicrohttpd", "libmicrohttpd-dev"),
  systemLibrary("CProtobufC", "libprotobuf-c-dev"),
  systemLibrary("CSQLite", "libsqlite3-dev"),
  systemLibrary("CZeroMQ", "libzmq3-dev"),
  library(.system, "Archive", ["CArchive", "Files"]),
  library(.system, "Avahi", ["CAvahi"]),
  library(.system, "Digest", ["CCrypto", "Files"]),
  library(.system, "Files"),
  library(.system, "HTTP", ["CMicrohttpd"]),
  library(.system, "Options"),
  library(.system, "Protobuf", ["CProtobufC"]),
  library(.system, "SQLite", ["CSQLite"]),
  library(.system, "Supervision"),
  library(.system, "Threading", ["CLinux"]),
  library(.system, "Transfer", ["CCurl"]),
  library(.system, "ZeroMQ", ["CAccept", "CZeroMQ"]),

  // Numerics: from a file's bytes to pixels, and from pixels to features.
  sourcesInC(.numerics, "CKernels", settings: optimizedC),
  sourcesInC(.numerics, "CJPEG", settings: optimizedC, links: "jpeg"),
  sourcesInC(.numerics, "CPNG", settings: optimizedC, links: "png", "z"),
  sourcesInC(.numerics, "CWebP", settings: optimizedC, links: "webp", "webpdemux"),
  sourcesInC(.numerics, "CTIFF", settings: optimizedC, links: "tiff"),
  // Loads dav1d when it is needed: Debian 12 and 13 have different versions.
  sourcesInC(.numerics, "CHEIF", settings: optimizedC, links: "de265"),
  sourcesInC(.numerics, "COnnxMessages", ["CProtobufC"], links: "protobuf-c"),
  library(.numerics, "Kernels", ["CKernels"]),
  library(.numerics, "LeastSquares", ["Kernels", "Threading"]),
  library(
    .numerics, "Images",
    ["CJPEG", "CPNG", "CWebP", "CTIFF", "CHEIF", "Digest", "Kernels"]),
  library(.numerics, "ONNX", ["Protobuf", "COnnxMessages"]),
  library(.numerics, "TFLite"),
  library(.numerics, "MobileNet", ["ONNX", "TFLite", "Kernels", "Digest", "Threading"]),

  // Learning: datasets, the head, and the files of a run.
  library(.learning, "Manifest", ["Files", "Digest", "Images", "Threading"]),
  library(.learning, "Catalogue", ["Files", "Archive", "Digest", "MobileNet", "Transfer"]),
  library(.learning, "DemoFlowers", ["Files", "Images", "Digest", "Threading"]),
  library(.learning, "Training", ["Kernels", "Digest", "Threading"]),
  library(.learning, "Extraction", ["Digest", "Manifest", "MobileNet", "Images", "Threading"]),
  library(
    .learning, "RunFiles",
    ["Files", "Digest", "Images", "Manifest", "MobileNet", "Options", "Training"]),
  library(.learning, "Store", ["Files", "Digest", "SQLite", "Threading"]),

  // Cluster: who does what, and how that is said.
  sourcesInC(.cluster, "CWireMessages", ["CProtobufC"], links: "protobuf-c"),
  library(.cluster, "ClusterCore", ["Digest"]),
  library(.cluster, "Wire", ["ClusterCore", "Digest", "Protobuf", "CWireMessages"]),
  library(.cluster, "ClusterShell", ["ClusterCore", "Wire", "Training", "Digest"]),

  // Daemons: sockets, threads, clock and files around the cores.
  library(.daemons, "Access", ["Files", "Digest", "Threading", "ZeroMQ"]),
  library(.daemons, "Discovery", ["Avahi", "Digest", "Options", "Threading", "ZeroMQ"]),
  library(.daemons, "Monitoring", ["ClusterCore", "RunFiles", "Training"]),
  library(.daemons, "DaemonSupport", ["ClusterCore", "ClusterShell", "Wire", "ZeroMQ"]),
  library(.daemons, "WorkerDaemon", daemon + ["Transfer"]),
  library(
    .daemons, "CoordinatorDaemon",
    daemon + ["Discovery", "Files", "Monitoring", "Options", "RunFiles", "Store"]),

  // What the commands are made of.
  library(.commands, "CommandLine", ["Files", "Options"]),
  library(.commands, "AccessOptions", ["Access", "CommandLine", "Options", "ZeroMQ"]),
  library(.commands, "RunDisplay", ["CommandLine", "Monitoring", "Options", "RunFiles"]),
  library(
    .commands, "Inspection",
    [
      "Files", "Extraction", "ClusterCore", "Training", "RunFiles", "Digest", "Manifest",
      "MobileNet", "Images", "LeastSquares", "Store", "Threading",
    ]),
  library(.commands, "Figures", ["CCairo", "Images"]),
  sourcesInC(.commands, "CEventMessages", ["CProtobufC"], links: "protobuf-c"),
  library(.commands, "EventFiles", ["CEventMessages", "Files", "Protobuf", "RunFiles"]),
  library(
    .commands, "Report",
    [
      "CommandLine", "Digest", "Figures", "Files", "Images", "Inspection", "MobileNet",
      "Monitoring",
      "RunFiles", "Threading", "Training",
    ]),

  library(
    .commands, "RunPage",
    [
      "CommandLine", "Digest", "HTTP", "Inspection", "Monitoring", "Report", "RunDisplay",
      "RunFiles", "Training",
    ]),

  library(
    .commands, "Serving",
    ["HTTP", "Inspection", "Report", "RunFiles", "Threading"]),

  // Tools for working on tl.
  library(
    .tools, "ClusterSimulation", ["ClusterShell", "ClusterCore", "Training", "Digest", "Wire"]),
  library(.tools, "MeddlingRelay", ["Access", "DaemonSupport", "Threading", "Wire", "ZeroMQ"]),
  .target(
    name: "TestSupport", dependencies: ["Images", "ONNX", "Digest"], path: "Tests/TestSupport",
    swiftSettings: strict),
]

let commands: [Target] = [
  command(
    .commands, "tl-coord",
    [
      "Catalogue", "CoordinatorDaemon", "CommandLine", "AccessOptions", "Access", "DaemonSupport",
      "Monitoring",
      "Options",
      "RunDisplay", "RunFiles",
      "DemoFlowers", "ClusterCore",
      "EventFiles", "Figures",
      "Files", "HTTP", "MobileNet", "RunPage", "Wire",
      "ZeroMQ", "Threading", "Training", "Kernels", "Inspection", "Images",
      "Manifest", "Report", "Serving", "Store", "Supervision",
    ],
    resources: [.copy("Resources/demo-mobilenet-v2-0.35.onnx")]),
  command(
    .commands, "tl-worker",
    [
      "WorkerDaemon", "CommandLine", "AccessOptions", "Access", "Avahi", "Options", "ClusterCore",
      "DaemonSupport", "Discovery", "Files",
      "Kernels",
      "Supervision", "Threading", "Transfer",
    ]),
  command(
    .tools, "tl-bench",
    [
      "CommandLine", "Kernels", "MobileNet", "Images", "Options", "Training", "ZeroMQ",
      "Wire", "ClusterCore", "ClusterShell", "Digest", "Threading", "DaemonSupport",
      "CoordinatorDaemon", "WorkerDaemon", "Access",
    ]),
  command(.tools, "tl-simulate", ["ClusterSimulation", "CommandLine"]),
  command(
    .tools, "tl-chaos",
    [
      "CommandLine", "Options", "RunFiles", "Digest", "MeddlingRelay", "Access", "ClusterCore",
      "Wire",
      "ZeroMQ", "TestSupport",
    ]),
]

let allTests: [Target] = [
  tests("TidyTests", ["TestSupport"]),
  tests("AvahiTests", ["Avahi"]),
  tests("DiscoveryTests", ["Discovery", "Avahi", "Options", "ZeroMQ"]),
  tests("ArchiveTests", ["Archive", "TestSupport"]),
  tests("TransferTests", ["Transfer", "TestSupport"]),
  tests("DigestTests", ["Digest"]),
  tests("FilesTests", ["Files", "TestSupport"]),
  tests("ClusterCoreTests", ["ClusterCore", "Digest"]),
  tests("KernelsTests", ["Kernels", "CKernels"]),
  tests("LeastSquaresTests", ["LeastSquares", "Kernels", "Digest"]),
  tests("TrainingTests", ["Training", "Kernels", "Digest"]),
  tests("CatalogueTests", ["Catalogue", "Digest", "Manifest", "MobileNet", "TestSupport"]),
  tests("ManifestTests", ["Manifest", "Digest", "TestSupport"]),
  tests("ImagesTests", ["Images", "Digest", "TestSupport"]),
  tests("ProtobufTests", ["Protobuf", "COnnxMessages"]),
  tests("ONNXTests", ["ONNX", "TestSupport"]),
  tests("TFLiteTests", ["TFLite", "TestSupport"]),
  tests("MobileNetTests", ["MobileNet", "ONNX", "Kernels", "TestSupport"]),
  tests(
    "DemoFlowersTests", ["DemoFlowers", "Files", "Images", "Digest", "Manifest", "TestSupport"]),
  tests("ThreadingTests", ["Threading"]),
  tests("EventFilesTests", ["EventFiles", "Files", "Digest", "RunFiles", "TestSupport"]),
  tests("SQLiteTests", ["SQLite", "TestSupport"]),
  tests("HTTPTests", ["HTTP", "Digest", "TestSupport"]),
  tests("SupervisionTests", ["Supervision", "TestSupport"]),
  tests("StoreTests", ["Store", "SQLite", "Digest", "TestSupport"]),
  tests("ZeroMQTests", ["CAccept", "ZeroMQ", "Threading", "TestSupport"]),
  tests("AccessTests", ["Access", "ZeroMQ", "Threading", "TestSupport"]),
  tests("WireTests", ["Wire", "ClusterCore", "Digest"]),
  tests(
    "RunFilesTests",
    ["Files", "RunFiles", "Images", "MobileNet", "Options", "Training", "Digest", "TestSupport"]),
  tests(
    "InspectionTests",
    [
      "Inspection", "ClusterCore", "Training", "RunFiles", "Digest", "Manifest", "MobileNet",
      "Extraction", "TestSupport",
    ]),
  tests("FiguresTests", ["Figures", "Images"]),
  tests(
    "ReportTests",
    ["Report", "Digest", "Figures", "Images", "Monitoring", "RunFiles", "TestSupport", "Training"]),
  tests("OptionsTests", ["Options"]),
  tests("CommandLineTests", ["CommandLine", "Options", "TestSupport"]),
  tests("MonitoringTests", ["Monitoring", "ClusterCore", "RunFiles", "Training", "Digest"]),
  tests(
    "AccessOptionsTests",
    ["AccessOptions", "Access", "CommandLine", "Options", "TestSupport", "ZeroMQ"]),
  tests("RunDisplayTests", ["RunDisplay", "ClusterCore", "Monitoring", "CommandLine"]),
  tests(
    "RunPageTests",
    ["RunPage", "Digest", "HTTP", "Monitoring", "RunFiles", "Training"]),
  tests("ServingTests", ["Serving", "HTTP", "RunFiles"]),
  tests("ClusterShellTests", ["ClusterShell", "ClusterCore", "Digest"]),
  tests("ClusterSimulationTests", ["ClusterSimulation"]),
  tests("MeddlingRelayTests", ["MeddlingRelay", "Access", "ZeroMQ"]),
  tests(
    "ExtractionTests",
    ["Extraction", "Digest", "Manifest", "MobileNet", "ONNX", "Images", "Kernels", "TestSupport"]),
  tests(
    "DaemonTests",
    [
      "CoordinatorDaemon", "WorkerDaemon", "DaemonSupport", "ClusterShell", "ClusterCore", "Wire",
      "ZeroMQ", "Threading", "Digest", "Training",
    ]),
  tests(
    "ProcessTests",
    [
      "RunFiles", "Kernels", "Digest", "TestSupport", "Wire", "ZeroMQ", "ClusterCore", "ONNX",
      "MobileNet", "Images", "Inspection", "MeddlingRelay", "Threading",
      "DaemonSupport", "Access",
    ]),
]

/// Adds to each target what its dependencies depend on. SwiftPM compiles a module anew only where the
/// module file of one of its declared dependencies has changed, and a module file often stays the same
/// while the size of a type two modules below, or a function inlined from there, does not: without
/// these, an incremental build links modules that disagree on how a value lies in memory.
func dependOnAllBelow(_ targets: [Target]) {
  let byName = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0) })
  func names(_ target: Target) -> [String] {
    target.dependencies.compactMap {
      if case .byNameItem(let name, _) = $0 { name } else { nil }
    }
  }
  for target in targets {
    var known = Set(names(target))
    var next = Array(known)
    while let name = next.popLast() {
      for below in byName[name].map(names) ?? [] where known.insert(below).inserted {
        next.append(below)
        target.dependencies.append(.byName(name: below))
      }
    }
  }
}

let startingCommands: Set = ["ProcessTests"]
let builtTests = allTests.filter { chosenTests?.contains($0.name) ?? true }
let needsCommands = chosenTests == nil || builtTests.contains { startingCommands.contains($0.name) }
let builtCommands = needsCommands ? commands : []

let package = Package(
  name: "tl",
  products: builtCommands.filter { $0.name != "tl-simulate" && $0.name != "tl-chaos" }
    .map { .executable(name: $0.name, targets: [$0.name]) },
  targets: libraries + builtCommands + builtTests,
  cLanguageStandard: .gnu17
)

// The fuzz targets, built by Fuzz/run.sh alone: as a static library, because libFuzzer brings the
// main function.
if Context.environment["TL_FUZZ"] != nil {
  package.products.append(.library(name: "Fuzz", type: .static, targets: ["Fuzz"]))
  package.targets.append(
    .target(
      name: "Fuzz",
      dependencies: [
        "Access", "Wire", "ClusterCore", "Digest", "Discovery", "ONNX", "MobileNet", "Images",
        "Manifest",
        "RunFiles", "ZeroMQ",
        "Training", "Archive", "Transfer", "HTTP", "TestSupport",
      ], path: "Fuzz/Sources",
      swiftSettings: strict))
}

// The tidy test asks for what is declared above, and no more.
if Context.environment["TL_DECLARED"] == nil {
  dependOnAllBelow(package.targets)
}
