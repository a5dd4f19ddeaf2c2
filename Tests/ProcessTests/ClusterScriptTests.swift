import Foundation
import TestSupport
import Testing

/// `cluster/ssh` against a real sshd on the loopback interface.
@Suite(.enabled(if: SecureShell.isInstalled, "sshd is not installed"), .serialized)
struct ClusterScriptTests {
  @Test func `workers start on every host and their end with the run is reported`() throws {
    let shell = try SecureShell()
    let script = try shell.startScript(
      ["127.0.0.1:5555", "127.0.0.1", "localhost"], then: "finish")
    let outcome = try script.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("localhost: worker join 127.0.0.1:5555 it's finish"))
    #expect(outcome.output.contains("2 of 2 workers finished with the run"))
  }

  @Test func `real workers join over ssh and train`() throws {
    let shell = try SecureShell()
    let bench = try Workbench()
    let coordinator = try bench.startInBackground(
      "--local-workers", "0", "--min-workers", "2")
    let line = try coordinator.waitForLine(containing: "tl-worker join ")
    let address = String(try #require(line.split(separator: " ").last))
    // As on another machine: ssh hands on nothing of this user's folders.
    let shown = try RunningCommand.run("tl-coord", ["token", "show"])
    let token = String(shown.output.prefix { !$0.isNewline })
    let script = try shell.startScript(
      [address, "127.0.0.1", "localhost"], worker: RunningCommand.folder + "/tl-worker",
      extra: ["--threads", "1"], environment: ["TL_TOKEN": token])
    #expect(try coordinator.waitForExit().exitCode == 0)
    let outcome = try script.waitForExit()
    #expect(outcome.exitCode == 0, "\(outcome)")
    #expect(outcome.output.contains("2 of 2 workers finished with the run"))
  }

  @Test func `a token reaches the worker and no list of processes`() throws {
    let shell = try SecureShell()
    let token = "tl1_\(UUID().uuidString)"
    let script = try shell.startScript(
      ["studio:5555", "127.0.0.1"], then: "stay", environment: ["TL_TOKEN": token])
    // The worker of the test says what it has in its environment.
    try script.waitForLine(containing: "127.0.0.1: token \(token)")
    try script.waitForLine(containing: "127.0.0.1: ready")
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter {
      Int($0) != nil
    }
    var seen = 0
    for number in numbers {
      // One that has ended since is none that shows it.
      guard let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") else {
        continue
      }
      let text = String(decoding: line, as: UTF8.self)
      #expect(!text.contains(token), "\(text)")
      if text.contains("studio:5555") { seen += 1 }
    }
    // Script, ssh, and the shell and worker over there: the search would have found it.
    #expect(seen >= 4)
    script.send(signal: SIGTERM)
    #expect(try script.waitForExit().exitCode == 75)
  }

  @Test func `without a token the worker's environment has none`() throws {
    let shell = try SecureShell()
    let outcome = try shell.startScript(["studio:5555", "127.0.0.1"], then: "finish").waitForExit()
    #expect(outcome.exitCode == 0 && outcome.output.contains("127.0.0.1: token none"), "\(outcome)")
  }

  @Test func `hosts come from a file with comments, empty lines and ends of lines of Windows`()
    throws
  {
    let shell = try SecureShell()
    let list = try shell.write(
      "hosts",
      "# the lab\r\n\r\n127.0.0.1\r\n   \n  localhost   # by the door\n#127.0.0.2\n*\n127.0.0.1")
    let script = try shell.startScript(
      ["--hosts", list, "--restarts", "0", "studio:5555"], then: "finish")
    let outcome = try script.waitForExit()
    // A star is no list of files but a host that there is not.
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(outcome.output.contains("started 4 workers"), "\(outcome)")
    #expect(outcome.output.contains("3 of 4 workers finished with the run"), "\(outcome)")
    #expect(outcome.output.contains("localhost: worker join studio:5555"), "\(outcome)")
  }

  @Test func `a host without a worker gets the tarball once, into its user's folder`() throws {
    let shell = try SecureShell()
    let tarball = try shell.makeTarball()
    let arguments = ["--install", tarball, "studio:5555", "127.0.0.1", "localhost"]
    func start() throws -> RunningCommand.Outcome {
      try shell.startScript(
        arguments, worker: "no-such-tl-worker --threads", extra: ["finish"]
      ).waitForExit()
    }
    let first = try start()
    #expect(first.exitCode == 0, "\(first)")
    #expect(first.output.contains("has no tl-worker; bringing tl-0.0.0-linux-"), "\(first)")
    #expect(
      first.output.contains("localhost: worker --threads join studio:5555 finish"), "\(first)")
    let place = "\(shell.home)/.local/share/tl"
    // Whole, and nothing beside it.
    #expect(try FileManager.default.contentsOfDirectory(atPath: place).count == 1)
    let second = try start()
    #expect(second.exitCode == 0 && !second.output.contains("bringing"), "\(second)")
  }

  @Test func `a tarball that doesn't run there is taken away again`() throws {
    let shell = try SecureShell()
    let tarball = try shell.makeTarball(worker: "#!/bin/sh\necho 'GLIBC_9 not found'; exit 1\n")
    let outcome = try shell.startScript(
      ["--install", tarball, "studio:5555", "127.0.0.1"], worker: "no-such-tl-worker", extra: []
    ).waitForExit()
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(outcome.output.contains("GLIBC_9 not found"), "\(outcome)")
    #expect(outcome.output.contains("another try would not change"), "\(outcome)")
    let place = "\(shell.home)/.local/share/tl"
    #expect(try FileManager.default.contentsOfDirectory(atPath: place) == [])
  }

  @Test func `a tarball for another machine isn't brought`() throws {
    let shell = try SecureShell()
    let tarball = try shell.makeTarball(machine: "vax")
    let outcome = try shell.startScript(
      ["--install", tarball, "studio:5555", "127.0.0.1"], worker: "no-such-tl-worker", extra: []
    ).waitForExit()
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(
      outcome.output.contains("the tarball is for Linux on vax: this is Linux on"), "\(outcome)")
  }

  @Test func `what is no token is refused`() throws {
    let outcome = try RunningCommand.run(
      SecureShell.script, ["studio:5555", "a"], environment: ["TL_TOKEN": "tl1_a\nb"])
    #expect(outcome.exitCode == 64 && outcome.errors.contains("TL_TOKEN is no token"), "\(outcome)")
  }

  @Test func `a failing worker is started again, then given up`() throws {
    let shell = try SecureShell()
    let script = try shell.startScript(
      ["--restarts", "1", "studio:5555", "127.0.0.1"], then: "fail")
    let outcome = try script.waitForExit()
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(outcome.output.contains("starting it again (1 of 1)"))
    #expect(outcome.output.contains("given up after 2 tries"))
  }

  @Test func `a refused worker is not started again`() throws {
    let shell = try SecureShell()
    let outcome = try shell.startScript(["studio:5555", "127.0.0.1"], then: "refuse").waitForExit()
    #expect(outcome.exitCode == 69, "\(outcome)")
    #expect(outcome.output.contains("ended with 77, which another try would not change"))
  }

  @Test func `an interrupted script stops its workers and waits for them`() throws {
    let shell = try SecureShell()
    let script = try shell.startScript(["studio:5555", "127.0.0.1", "localhost"], then: "stay")
    try script.waitForLine(containing: "localhost: ready")
    try script.waitForLine(containing: "127.0.0.1: ready")
    script.send(signal: SIGTERM)
    let outcome = try script.waitForExit()
    #expect(outcome.exitCode == 75, "\(outcome)")
    #expect(outcome.output.contains("localhost: stopped"))
    #expect(outcome.output.contains("127.0.0.1: stopped"))
  }

  @Test func `no worker outlives a script that was killed`() throws {
    let shell = try SecureShell()
    let script = try shell.startScript(["studio:5555", "127.0.0.1"], then: "stay")
    try script.waitForLine(containing: "127.0.0.1: ready")
    script.send(signal: SIGKILL)
    // The connection's process still passes the worker's last words on.
    try script.waitForLine(containing: "127.0.0.1: stopped")
    #expect(try script.waitForExit().exitCode == 128 + SIGKILL)
  }

  @Test(arguments: [
    ([], "no coordinator given"), (["studio"], "'studio' is not HOST:PORT"),
    (["studio:x"], "'studio:x' is not HOST:PORT"), (["studio:5555"], "no hosts given"),
    (["--restarts", "many", "studio:5555", "a"], "--restarts needs a whole number"),
    (["--fast", "studio:5555", "a"], "there is no option '--fast'"),
    (["--hosts", "nowhere", "studio:5555"], "can't read the list of hosts nowhere"),
    (["--hosts", "/", "studio:5555"], "can't read the list of hosts /"),
    (["--hosts", "/dev/null", "studio:5555"], "no hosts given"),
    (["--install", "nowhere", "studio:5555", "a"], "can't read the tarball nowhere"),
    (["--install", "/dev/null", "studio:5555", "a"], "/dev/null is no tarball of tl"),
  ])
  func `a wrong command line is named`(_ arguments: [String], _ message: String) throws {
    let outcome = try RunningCommand.run(SecureShell.script, arguments)
    #expect(outcome.exitCode == 64)
    #expect(outcome.errors.contains(message), "\(outcome)")
  }
}

/// An sshd of this test alone, with its own keys, configuration and port, and a worker that does
/// as it is told.
final class SecureShell {
  static let script = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../cluster/ssh").standardizedFileURL.path(percentEncoded: false)
  static let daemon = "/usr/sbin/sshd"
  static let isInstalled = [daemon, "/usr/bin/ssh", "/usr/bin/ssh-keygen"].allSatisfy {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private let folder: URL
  private let server: RunningCommand

  init() throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "tl-ssh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let path = folder.path(percentEncoded: false)
    try FileManager.default.createDirectory(
      atPath: path + "/away", withIntermediateDirectories: false)
    for key in ["host", "user"] {
      let outcome = try RunningCommand.run(
        "/usr/bin/ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", "\(path)/\(key)"])
      try #require(outcome.exitCode == 0, "\(outcome)")
    }
    // Where root starts sshd, it wants this empty folder, which its service would have made.
    if getuid() == 0 {
      try FileManager.default.createDirectory(
        atPath: "/run/sshd", withIntermediateDirectories: true)
    }
    (server, port) = try SecureShell.startServer(path)
    try write(
      "connect",
      """
      #!/bin/sh
      exec ssh -F none -p \(port) -i '\(path)/user' -o IdentitiesOnly=yes -o LogLevel=ERROR \
        -o UserKnownHostsFile='\(path)/known' -o StrictHostKeyChecking=no "$@"
      """)
    try write(
      "worker",
      """
      #!/bin/sh
      trap 'echo stopped; exit 75' TERM
      echo "worker $*"
      echo "token ${TL_TOKEN-none}"
      case "$*" in *finish) exit 0 ;; *fail) exit 69 ;; *refuse) exit 77 ;; esac
      echo ready
      # The shell complains of the wait that a signal interrupts, in the middle of other lines.
      exec 2>/dev/null
      mkfifo '\(path)/never.'$$
      read -r line <'\(path)/never.'$$
      """)
  }

  private let port: Int

  deinit {
    server.send(signal: SIGTERM)
    try? FileManager.default.removeItem(at: folder)
  }

  /// The home folder over there.
  var home: String { folder.appending(path: "away").path(percentEncoded: false) }

  /// With the worker that does as it is told.
  func startScript(
    _ arguments: [String], then order: String, environment: [String: String] = [:]
  ) throws -> RunningCommand {
    let worker = folder.appending(path: "worker").path(percentEncoded: false)
    return try startScript(
      arguments, worker: worker, extra: ["it's", order], environment: environment)
  }

  func startScript(
    _ arguments: [String], worker: String, extra: [String], environment: [String: String] = [:]
  ) throws -> RunningCommand {
    let path = folder.path(percentEncoded: false)
    return try RunningCommand(
      SecureShell.script,
      ["--ssh", "\(path)/connect", "--worker", worker] + arguments + ["--"] + extra,
      environment: environment.merging(["TMPDIR": path]) { $1 })
  }

  /// A tarball as `make tarball` makes it, with the worker that does as it is told, or another.
  func makeTarball(worker: String? = nil, machine: String? = nil) throws -> String {
    let path = folder.path(percentEncoded: false)
    let here = try RunningCommand.run("/usr/bin/uname", ["-m"]).output
    let name = "tl-0.0.0-linux-\(machine ?? String(here.prefix { !$0.isNewline }))"
    try FileManager.default.createDirectory(
      atPath: "\(path)/\(name)/bin", withIntermediateDirectories: true)
    try write(
      "\(name)/bin/tl-worker",
      try worker
        ?? String(contentsOfFile: "\(path)/worker", encoding: .utf8)
        .replacing("#!/bin/sh\n", with: "#!/bin/sh\n[ \"$1\" != --version ] || exit 0\n"))
    let outcome = try RunningCommand.run(
      "/usr/bin/env", ["tar", "-C", path, "-cJf", "\(path)/\(name).tar.xz", name])
    try #require(outcome.exitCode == 0, "\(outcome)")
    return "\(path)/\(name).tar.xz"
  }

  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    let file = folder.appending(path: name).path(percentEncoded: false)
    try text.write(toFile: "\(file).text", atomically: false, encoding: .utf8)
    // By a process of its own, as no child of another test inherits its descriptors: a program that one
    // still has open for writing can't be started ("Text file busy").
    let outcome = try RunningCommand.run(
      "/usr/bin/env", ["install", "-m", "755", "\(file).text", file])
    try #require(outcome.exitCode == 0, "\(outcome)")
    return file
  }

  /// sshd can't choose a free port by itself, so ports are tried until one is free.
  private static func startServer(_ path: String) throws -> (RunningCommand, Int) {
    let tries = 20
    for _ in 0..<tries {
      let port = Int.random(in: 20_000..<60_000)
      let configuration = """
        ListenAddress 127.0.0.1:\(port)
        HostKey \(path)/host
        AuthorizedKeysFile \(path)/user.pub
        PidFile none
        StrictModes no
        UsePAM no
        PasswordAuthentication no
        SetEnv HOME=\(path)/away
        """
      try configuration.write(
        toFile: "\(path)/sshd_config", atomically: true, encoding: .utf8)
      let server = try RunningCommand(daemon, ["-D", "-e", "-f", "\(path)/sshd_config"])
      let answer = try? server.waitForLine(containing: "Server listening on 127.0.0.1", seconds: 20)
      if answer != nil {
        return (server, port)
      }
    }
    throw RunningCommand.TimeoutError(description: "no free port for sshd in \(tries) tries")
  }
}
