import Glibc
import Synchronization

// Foundation's Process takes the end of an inherited socket for the end of the process: a daemon
// that closes what it inherited, as sshd does, makes it wait forever. Hence the system's own calls.

/// Held while a pipe exists that a process started meanwhile would inherit by accident.
private let spawning = Mutex<Void>(())

/// A pipe that no other process inherits.
final class CommandPipe: Sendable {
  let readEnd: Int32
  let writeEnd: Int32

  init() throws {
    var ends: [Int32] = [-1, -1]
    let result = spawning.withLock { _ in
      // The call fills in both elements.
      guard unsafe pipe(&ends) == 0 else { return errno }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      return 0
    }
    guard result == 0 else {
      throw RunningCommand.TimeoutError(description: "no pipe: error \(result)")
    }
    (readEnd, writeEnd) = (ends[0], ends[1])
  }

  deinit { close(readEnd) }

  func closeWriteEnd() { close(writeEnd) }

  /// The next bytes; none at the end.
  func read() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      // Reads at most the buffer's own length into it.
      let count = unsafe Glibc.read(readEnd, &bytes, bytes.count)
      if count < 0 && errno == EINTR { continue }
      return Array(bytes.prefix(max(0, count)))
    }
  }
}

/// Starts a program with nothing but its three standard streams, the first of them empty.
func spawn(
  _ path: String, arguments: [String], environment: [String], output: Int32, errors: Int32
) throws -> Int32 {
  // The C calls below fill in and read structs and strings that outlive them; the strings are
  // freed at the end.
  var actions = unsafe posix_spawn_file_actions_t()
  unsafe posix_spawn_file_actions_init(&actions)
  defer { unsafe posix_spawn_file_actions_destroy(&actions) }
  unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
  unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
  unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)

  // The program starts with the signals as a shell would leave them, whatever the tests' own are.
  var attributes = posix_spawnattr_t()
  unsafe posix_spawnattr_init(&attributes)
  defer { unsafe posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  var all = sigset_t()
  unsafe sigemptyset(&none)
  unsafe sigfillset(&all)
  unsafe posix_spawnattr_setsigmask(&attributes, &none)
  unsafe posix_spawnattr_setsigdefault(&attributes, &all)
  unsafe posix_spawnattr_setflags(
    &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

  let argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
  let environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
  defer {
    for index in unsafe argumentPointers.indices { unsafe free(argumentPointers[index]) }
    for index in unsafe environmentPointers.indices { unsafe free(environmentPointers[index]) }
  }
  var identifier: Int32 = 0
  let result = spawning.withLock { _ in
    unsafe posix_spawn(
      &identifier, path, &actions, &attributes, argumentPointers, environmentPointers)
  }
  guard result == 0 else {
    let reason = unsafe String(cString: strerror(result))
    throw RunningCommand.TimeoutError(description: "can't start \(path): \(reason)")
  }
  return identifier
}

/// Waits for a process's end: its exit code, or 128 + the number of the signal that ended it.
func waitForEnd(of identifier: Int32) -> Int32 {
  var status: Int32 = 0
  // The call fills in the status.
  while unsafe waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
  let signal = status & 0x7F
  return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
}
