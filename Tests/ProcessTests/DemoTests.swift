import Foundation
import TestSupport
import Testing

/// The demo, as somebody meets it who types nothing but `tl-coord start`.
@Suite(.serialized) struct DemoTests {
  @Test func `the demo needs no arguments and says how to go on`() throws {
    let folder = try TemporaryFolder()
    // The default port may be taken on this machine.
    let environment = ["XDG_CACHE_HOME": folder.path + "/cache", "TL_LISTEN": "127.0.0.1:0"]
    let first = try RunningCommand.run(
      "tl-coord", ["start"], environment: environment, folder: folder.path)
    #expect(first.exitCode == 0, "\(first)")
    for words in [
      "This is the demo", "painting the demo's flowers", "5 classes (daisy, dandelion, rose",
      "Finished in", "Results in runs/demo-1", "photographs of your own",
    ] {
      #expect(first.output.contains(words), "no '\(words)': \(first)")
    }
    // The photographs are there now.
    let second = try RunningCommand.run(
      "tl-coord", ["start", "--epochs", "1"], environment: environment, folder: folder.path)
    #expect(second.exitCode == 0 && !second.output.contains("painting"), "\(second)")
    #expect(second.output.contains("Results in runs/demo-2"))

    try checkInstalled(in: folder.path, environment)
  }

  /// Where it is installed, beside a `share` folder and far from where it was built.
  private func checkInstalled(in folder: String, _ environment: [String: String]) throws {
    let files = FileManager.default
    for name in ["bin", "share/tl"] {
      try files.createDirectory(
        atPath: "\(folder)/installed/\(name)", withIntermediateDirectories: true)
    }
    // By a process of its own: a descriptor that writes to a program and that another test's child
    // inherits for a moment would keep the program from being started ("Text file busy").
    for name in ["tl-coord", "tl-worker"] {
      let copied = try RunningCommand.run(
        "/bin/cp", ["\(RunningCommand.folder)/\(name)", "\(folder)/installed/bin/\(name)"])
      #expect(copied.exitCode == 0, "\(copied)")
    }
    let command = "\(folder)/installed/bin/tl-coord"
    let lost = try RunningCommand.run(
      command, ["start"], environment: environment, folder: folder)
    expectFailure(lost, 69, "the demo's backbone", "--backbone FILE.onnx")
    let backbone = "demo-mobilenet-v2-0.35.onnx"
    try files.copyItem(
      atPath: "\(RunningCommand.folder)/tl_tl-coord.resources/\(backbone)",
      toPath: "\(folder)/installed/share/tl/\(backbone)")
    let outcome = try RunningCommand.run(
      command, ["start", "--epochs", "1"], environment: environment, folder: folder)
    #expect(outcome.exitCode == 0, "\(outcome)")
  }
}
