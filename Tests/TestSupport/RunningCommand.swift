import Foundation

/// A real process under test: its output is collected line by line, and every wait has a bound.
///
/// Killed when its last reference goes, so that a failing test leaves nothing behind.
public final class RunningCommand: @unchecked Sendable {
  /// What a process came to.
  public struct Outcome: Sendable, CustomStringConvertible {
    /// The exit code, or 128 + the number of the signal that ended it.
    public let exitCode: Int32
    public let output: String
    public let errors: String

    public var description: String { "exit \(exitCode)\n\(output)\n\(errors)" }
  }

  public struct TimeoutError: Error, CustomStringConvertible {
    public let description: String

    public init(description: String) { self.description = description }
  }

  /// Long enough for a loaded machine; a test that waits so long fails.
  public static let patienceSeconds = 300.0

  public let processIdentifier: Int32

  // Guards what follows; signalled at every change. Hence "unchecked": the fields below are only
  // touched under it.
  private let condition = NSCondition()
  private var output = Data()
  private var errors = Data()
  private var openStreams = 2
  /// Nil while it runs.
  private var exitCode: Int32?

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - executable: a path, or the name of one of this package's commands.
  ///   - environment: added to this process's own, from which all `TL_` variables are removed.
  public init(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    folder: String? = nil
  ) throws {
    let path = executable.contains("/") ? executable : RunningCommand.folder + "/" + executable
    var variables = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("TL_") }
    // Features that another test's run kept would spare this one's workers what they are tested for.
    variables["TL_CACHE"] = "off"
    variables.merge(RunningCommand.stateEnvironment) { $1 }
    variables.merge(environment) { $1 }
    let outputPipe = try CommandPipe()
    let errorPipe = try CommandPipe()
    // env changes the folder and becomes the program.
    let words = folder.map { ["/usr/bin/env", "-C", $0, path] } ?? [path]
    processIdentifier = try spawn(
      words[0], arguments: words + arguments,
      environment: variables.map { "\($0.key)=\($0.value)" }, output: outputPipe.writeEnd,
      errors: errorPipe.writeEnd)
    outputPipe.closeWriteEnd()
    errorPipe.closeWriteEnd()
    collect(outputPipe) { $0.output.append(contentsOf: $1) }
    collect(errorPipe) { $0.errors.append(contentsOf: $1) }
    Thread.detachNewThread { [weak self, processIdentifier] in
      let exitCode = waitForEnd(of: processIdentifier)
      self?.change { $0.exitCode = exitCode }
    }
  }

  deinit {
    // Still ours: only the waiting thread reaps it, and that one reports before the number can
    // mean anybody else.
    if exitCode == nil { kill(processIdentifier, SIGKILL) }
  }

  /// Runs a program to its end.
  public static func run(
    _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:],
    folder: String? = nil
  ) throws -> Outcome {
    try RunningCommand(executable, arguments, environment: environment, folder: folder)
      .waitForExit()
  }

  public func send(signal: Int32) {
    condition.withLock { _ = exitCode == nil ? kill(processIdentifier, signal) : 0 }
  }

  /// The output so far, stdout before stderr.
  public var text: String {
    condition.withLock { String(decoding: output + Data([10]) + errors, as: UTF8.self) }
  }

  /// Waits for a complete line that contains a text, on stdout or stderr, and returns it.
  @discardableResult
  public func waitForLine(
    containing text: String, seconds: Double = patienceSeconds
  ) throws -> String {
    var found: String?
    try wait(seconds, for: "a line with '\(text)'") { command in
      for stream in [command.output, command.errors] {
        // Not a comparison with "\n": sshd ends its lines with "\r\n", which is one character.
        let lines = String(decoding: stream, as: UTF8.self).split(
          omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        found = found ?? lines.dropLast().first { $0.contains(text) }.map(String.init)
      }
      return found != nil || command.exitCode != nil && command.openStreams == 0
    }
    guard let found else {
      throw TimeoutError(description: "ended without a line with '\(text)':\n\(self.text)")
    }
    return found
  }

  /// Waits for the process's end and that of its output.
  public func waitForExit(seconds: Double = patienceSeconds) throws -> Outcome {
    try wait(seconds, for: "its end") { $0.exitCode != nil && $0.openStreams == 0 }
    return condition.withLock {
      Outcome(
        exitCode: exitCode ?? -1, output: String(decoding: output, as: UTF8.self),
        errors: String(decoding: errors, as: UTF8.self))
    }
  }

  /// Keys, tokens and Unix sockets of the commands under test lie in a folder of this process alone,
  /// not in that of whoever runs the tests.
  public static let stateEnvironment: [String: String] = {
    let folder = URL(filePath: "/tmp/tl-tests-\(getpid())").path(percentEncoded: false)
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    atexit { try? FileManager.default.removeItem(atPath: "/tmp/tl-tests-\(getpid())") }
    return ["XDG_STATE_HOME": "\(folder)/state", "XDG_RUNTIME_DIR": folder]
  }()

  /// The folder of this package's commands: they are built beside the tests.
  public static let folder: String = {
    let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return tests.deletingLastPathComponent().path(percentEncoded: false)
  }()

  private func wait(
    _ seconds: Double, for what: String, until isDone: (RunningCommand) -> Bool
  ) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while !isDone(self) {
      guard condition.wait(until: deadline) else {
        let output = String(decoding: output + errors, as: UTF8.self)
        throw TimeoutError(description: "waited \(seconds) s for \(what):\n\(output)")
      }
    }
  }

  private func change(_ body: (RunningCommand) -> Void) {
    condition.withLock {
      body(self)
      condition.broadcast()
    }
  }

  /// Reads a pipe to its end on a thread of its own.
  private func collect(
    _ pipe: CommandPipe, _ append: @escaping @Sendable (RunningCommand, [UInt8]) -> Void
  ) {
    Thread.detachNewThread { [weak self] in
      while true {
        let bytes = pipe.read()
        guard let self else { return }
        if bytes.isEmpty {
          self.change { $0.openStreams -= 1 }
          return
        }
        self.change { append($0, bytes) }
      }
    }
  }
}
