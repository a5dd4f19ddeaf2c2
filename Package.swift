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

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func command(
  _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []
) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies, swiftSettings: [.treatAllWarnings(as: .error)])
}

let package = Package(
  name: "tl",
  products: [
    .executable(name: "tl-coord", targets: ["tl-coord"]),
    .executable(name: "tl-worker", targets: ["tl-worker"]),
    .executable(name: "tl-bench", targets: ["tl-bench"]),
  ],
  targets: [
    // C libraries, each behind one Swift module.
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
    .systemLibrary(name: "CProtobufC", providers: [.apt(["libprotobuf-c-dev"])]),
    .systemLibrary(name: "CTurboJPEG", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CCrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CKernels", cSettings: optimizedC),
    .target(name: "CPNG", cSettings: optimizedC, linkerSettings: [.linkedLibrary("png")]),
    .target(
      name: "CWireMessages", dependencies: ["CProtobufC"],
      linkerSettings: [.linkedLibrary("protobuf-c")]),
    .target(
      name: "COnnxMessages", dependencies: ["CProtobufC"],
      linkerSettings: [.linkedLibrary("protobuf-c")]),

    // Values and arithmetic.
    library("Digest", ["CCrypto"]),
    library("ClusterCore", ["Digest"]),
    library("Kernels", ["CKernels"]),
    library("Training", ["Kernels", "Digest"]),
    library("Manifest", ["Digest", "Images", "Threading"]),
    library("Images", ["CTurboJPEG", "CPNG", "Digest", "Kernels"]),
    library("Protobuf", ["CProtobufC"]),
    library("ONNX", ["Protobuf", "COnnxMessages"]),
    library("MobileNet", ["ONNX", "Kernels", "Digest"]),
    library("DemoFlowers", ["Images", "Digest", "Threading"]),

    // The outside world.
    library("Threading", ["CLinux"]),
    library("ZeroMQ", ["CZeroMQ", "Threading"]),
    library("Wire", ["ClusterCore", "Digest", "Protobuf", "CWireMessages"]),
    library("RunFiles", ["Digest", "Training"]),
    library("CommandLine"),
    library("Extraction", ["Digest", "Manifest", "MobileNet", "Images"]),
    library("DaemonSupport", ["ClusterCore", "Wire", "ZeroMQ"]),
    library(
      "WorkerDaemon",
      [
        "DaemonSupport", "Extraction", "ClusterCore", "Wire", "ZeroMQ", "Threading", "Digest",
        "Manifest",
        "Training", "MobileNet", "ONNX", "Images", "Kernels",
      ]),
    library(
      "CoordinatorDaemon",
      [
        "DaemonSupport", "Extraction", "ClusterCore", "Wire", "ZeroMQ", "Threading", "Digest",
        "Manifest",
        "Training", "MobileNet", "ONNX", "Images", "Kernels", "RunFiles",
      ]),

    library(
      "Inspection",
      [
        "Extraction", "ClusterCore", "Training", "RunFiles", "Digest", "Manifest", "MobileNet",
        "Images",
        "Threading",
      ]),

    // What people run.
    command(
      "tl-coord",
      [
        "CoordinatorDaemon", "CommandLine", "RunFiles", "DemoFlowers", "ClusterCore", "Wire",
        "ZeroMQ", "Threading", "Training", "Kernels", "Inspection", "MobileNet", "Images",
        "Manifest", "Digest",
      ],
      resources: [.copy("Resources/demo-mobilenet-v2-0.35.onnx")]),
    command("tl-worker", ["WorkerDaemon", "CommandLine", "ClusterCore", "Kernels", "ZeroMQ"]),
    command(
      "tl-bench",
      [
        "CommandLine", "Kernels", "MobileNet", "ONNX", "Images", "Manifest", "Training", "ZeroMQ",
        "Wire", "ClusterCore", "Digest", "Threading", "DaemonSupport", "CoordinatorDaemon",
      ]),

    // Test support.
    library("ClusterSimulation", ["ClusterCore", "Training", "Digest", "Wire"]),
    command("tl-simulate", ["ClusterSimulation", "CommandLine"]),
    command("tl-chaos", ["CommandLine", "RunFiles", "Digest", "TestSupport"]),
    .target(
      name: "TestSupport", dependencies: ["Images", "ONNX", "Digest"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("TidyTests", []),
    tests("DigestTests", ["Digest"]),
    tests("ClusterCoreTests", ["ClusterCore", "Digest"]),
    tests("KernelsTests", ["Kernels", "CKernels"]),
    tests("TrainingTests", ["Training", "Kernels", "Digest"]),
    tests("ManifestTests", ["Manifest", "Digest", "TestSupport"]),
    tests("ImagesTests", ["Images", "Digest", "TestSupport"]),
    tests("ProtobufTests", ["Protobuf", "COnnxMessages"]),
    tests("ONNXTests", ["ONNX", "TestSupport"]),
    tests("MobileNetTests", ["MobileNet", "ONNX", "Kernels", "TestSupport"]),
    tests("DemoFlowersTests", ["DemoFlowers", "Images", "Digest", "Manifest", "TestSupport"]),
    tests("ThreadingTests", ["Threading"]),
    tests("ZeroMQTests", ["ZeroMQ"]),
    tests("WireTests", ["Wire", "ClusterCore", "Digest"]),
    tests("RunFilesTests", ["RunFiles", "Training", "Digest", "TestSupport"]),
    tests(
      "InspectionTests",
      [
        "Inspection", "ClusterCore", "Training", "RunFiles", "Digest", "Manifest", "MobileNet",
        "Extraction", "TestSupport",
      ]),
    tests("CommandLineTests", ["CommandLine"]),
    tests("ClusterSimulationTests", ["ClusterSimulation"]),
    tests("ExtractionTests", ["Extraction", "Manifest", "MobileNet", "Kernels", "TestSupport"]),
    tests(
      "DaemonTests",
      [
        "CoordinatorDaemon", "WorkerDaemon", "DaemonSupport", "ClusterCore", "Wire", "ZeroMQ",
        "Digest", "Manifest", "Training", "TestSupport",
      ]),
    tests(
      "ProcessTests",
      [
        "RunFiles", "Digest", "TestSupport", "Wire", "ZeroMQ", "ClusterCore", "ONNX", "Images",
        "DaemonSupport",
      ]),
  ],
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
        "Wire", "ClusterCore", "Digest", "ONNX", "MobileNet", "Images", "Manifest", "RunFiles",
        "Training", "TestSupport",
      ], path: "Fuzz/Sources",
      swiftSettings: strict))
}
