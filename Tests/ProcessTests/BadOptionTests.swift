import Foundation
import TestSupport
import Testing

/// Wrong command lines, through the real commands.
@Suite(.serialized) struct BadOptionTests {
  @Test(arguments: [
    (["start", "--epoch", "3"], "Did you mean '--epochs'?"),
    (["start", "--learning-rate", "-0.1"], "'--learning-rate' needs a number above 0"),
    (["start", "--batch-size", "0"], "'--batch-size' needs a whole number from 1"),
    (["start", "--validation", "1"], "'--validation' needs a number between 0 and 1"),
    (["start", "--optimizer", "adma"], "Did you mean 'adam'?"),
    (["start", "--data"], "'--data' needs a folder"),
    (["strat"], "Did you mean 'start'?"),
    (["monitor", "nowhere"], "there is no run 'nowhere'"),
    (["start", "--resume"], "there is no run"),
    (["start", "--announce"], "'--announce' is for other machines"),
    (
      ["start", "--announce", "--insecure", "--listen", "0.0.0.0:0"],
      "'--announce' and '--insecure' don't go together"
    ),
  ])
  func `tl-coord names what is wrong and exits with 64`(_ arguments: [String], _ words: String)
    throws
  {
    let folder = try TemporaryFolder()
    let outcome = try RunningCommand.run("tl-coord", arguments, folder: folder.path)
    expectFailure(outcome, 64, words)
    #expect(outcome.output.isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(arguments: [
    (["join", "--insecure"], "'--insecure' needs the coordinator's address"),
    (["join", "studio", "kitchen"], "can't use the argument 'kitchen'"),
    (["join", "studio:"], "'studio:' is not HOST:PORT"),
    (["join", "studio:0"], "is not HOST:PORT"),
    (["join", "studio:5555", "--threads", "0"], "'--threads' needs"),
    (["jion", "studio:5555"], "Did you mean 'join'?"),
  ])
  func `tl-worker names what is wrong and exits with 64`(_ arguments: [String], _ words: String)
    throws
  {
    expectFailure(try RunningCommand.run("tl-worker", arguments), 64, words)
  }

  @Test(arguments: [[], ["studio"]])
  func `without an Avahi a worker says how to get one, or to join without`(_ name: [String]) throws
  {
    // Avahi is reached by a bus, and there is none here.
    let outcome = try RunningCommand.run(
      "tl-worker", ["join"] + name,
      environment: ["DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nowhere/socket"])
    expectFailure(outcome, 69, "apt install avahi-daemon", "tl-worker join HOST:PORT")
  }

  @Test func `a wrong name of kernels is refused by both`() throws {
    for (command, arguments) in [("tl-coord", ["runs"]), ("tl-worker", ["join", "studio:5555"])] {
      let outcome = try RunningCommand.run(
        command, arguments, environment: ["TL_KERNELS": "avx9000"])
      expectFailure(outcome, 64, "TL_KERNELS", "avx9000", "scalar")
    }
  }

  @Test func `a name that is nearly that of the demo gets a suggestion`() throws {
    let folder = try TemporaryFolder()
    let outcome = try RunningCommand.run(
      "tl-coord", ["start", "--data", "dmeo"], folder: folder.path)
    expectFailure(outcome, 65, "no folder 'dmeo'", "Did you mean 'demo'?")
  }

  @Test func `a configuration file's mistake is named with its line and exits with 78`() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write(Array("epochs = 3\nlerning-rate = 1\n".utf8), to: "tl.conf")
    let outcome = try RunningCommand.run(
      "tl-coord", ["start", "--config", "tl.conf"], folder: folder.path)
    expectFailure(outcome, 78, "line 2 of tl.conf", "Did you mean 'learning-rate'?")
  }

  @Test func `the configuration keeps where each value came from`() throws {
    let bench = try Workbench()
    let file = try bench.folder.write(
      Array("weight-decay = 0.01\nepochs = 9\n".utf8), to: "tl.conf")
    let outcome = try bench.start("--config", file)
    #expect(outcome.exitCode == 0, "\(outcome)")
    let configuration = try #require(try bench.files()["config.json"])
    let options = try #require(
      (JSONSerialization.jsonObject(with: configuration) as? [String: Any])?["options"]
        as? [String: [String: Any]])
    #expect(options["epochs"]?["value"] as? Int == 3)
    #expect(options["epochs"]?["from"] as? String == "flag")
    #expect(options["weight-decay"]?["value"] as? Double == 0.01)
    #expect(options["weight-decay"]?["from"] as? String == "file")
    #expect(options["momentum"]?["from"] as? String == "default")
  }

  @Test func `a port in use exits with 69 and says which`() throws {
    let bench = try Workbench()
    let first = try bench.startInBackground(run: "first", "--local-workers", "0")
    let line = try first.waitForLine(containing: "tl-worker join ")
    let address = String(try #require(line.split(separator: " ").last))
    let outcome = try bench.start(run: "second", "--listen", address)
    expectFailure(outcome, 69, address)
    first.send(signal: SIGTERM)
    #expect(try first.waitForExit().exitCode == 75)
  }

  @Test func `a rate at which training diverges exits with 65 and names step and rate`() throws {
    let bench = try Workbench()
    let outcome = try bench.start("--optimizer", "sgd", "--learning-rate", "1000", "--epochs", "50")
    expectFailure(outcome, 65, "diverged", "step", "1000", "--learning-rate")
  }

  @Test func `a worker without a coordinator gives up with 69`() throws {
    let outcome = try RunningCommand.run(
      "tl-worker", ["join", "127.0.0.1:1", "--retry-max-seconds", "0"])
    expectFailure(outcome, 69, "127.0.0.1:1")
  }
}
