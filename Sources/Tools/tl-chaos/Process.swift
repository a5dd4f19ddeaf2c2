import Glibc
import RunFiles

/// A process that this program started, and signals by its number only while it is its own.
final class ChildProcess {
  let processID: pid_t
  private var status: Int32?
  private(set) var isFrozen = false

  /// - Parameters:
  ///   - log: the file that receives output and errors.
  init(_ arguments: [String], log: String) throws(ChaosError) {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(
      &actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    var words = unsafe arguments.map { unsafe strdup($0) }
    unsafe words.append(nil)
    var processID: pid_t = 0
    let result = unsafe posix_spawn(&processID, arguments[0], &actions, nil, words, environ)
    while let word = unsafe words.popLast() { unsafe free(word) }
    guard result == 0 else { throw ChaosError("cannot start \(arguments[0]): error \(result)") }
    self.processID = processID
  }

  deinit {
    kill()
  }

  /// How it ended, as a shell tells it: an exit code, or 128 and the signal; nil while it lives.
  func exitCode() -> Int32? {
    if status == nil {
      var value: Int32 = 0
      if unsafe waitpid(processID, &value, WNOHANG) == processID { status = value }
    }
    guard let status else { return nil }
    let signal = status & 0x7f
    return signal == 0 ? (status >> 8) & 0xff : 128 + signal
  }

  func send(_ signal: Int32) {
    guard exitCode() == nil else { return }
    Glibc.kill(processID, signal)
    if signal == SIGSTOP { isFrozen = true }
    if signal == SIGCONT { isFrozen = false }
  }

  /// Ends it at once and waits until it has ended.
  func kill() {
    send(SIGKILL)
    while exitCode() == nil { pause(milliseconds: 1) }
  }
}

func pause(milliseconds: Int) {
  usleep(UInt32(milliseconds) * 1_000)
}

/// Why the chaos can't go on, or what it found.
struct ChaosError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
