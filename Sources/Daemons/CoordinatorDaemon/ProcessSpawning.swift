import Files
import Glibc
import Supervision

/// A process to start.
struct Spawning {
  var executable: String
  /// The first is the name that the process knows itself by.
  var arguments: [String]
  /// Added to this process's own.
  var environment: [String]
  /// Where output and errors are appended.
  var logPath: String
  /// This process's descriptor, and the number under which the child finds it.
  var inherited: (descriptor: Int32, number: Int32)

  /// Starts it in a process group of its own, without input, with no signal blocked.
  ///
  /// - Returns: its process id, or the error number.
  func start() -> Result<pid_t, SystemError> {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_addopen(
      &actions, 1, logPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
    unsafe posix_spawn_file_actions_adddup2(&actions, inherited.descriptor, inherited.number)

    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setpgroup(&attributes, 0)
    unsafe posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

    var processID: pid_t = 0
    let result = unsafe withCStrings(arguments) { argv in
      unsafe withCStrings(Spawning.ownEnvironment() + environment) { envp in
        unsafe posix_spawn(&processID, executable, &actions, &attributes, argv, envp)
      }
    }
    return result == 0
      ? .success(processID) : .failure(SystemError(number: result, path: executable))
  }

  /// Without what a service manager told this process alone.
  private static func ownEnvironment() -> [String] {
    var variables: [String] = []
    var place = unsafe environ
    while let variable = unsafe place.pointee {
      let text = unsafe String(cString: variable)
      let isOurs = !ServiceManager.variables.contains { text.hasPrefix($0 + "=") }
      if isOurs { variables.append(text) }
      unsafe place += 1
    }
    return variables
  }
}

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers = unsafe strings.map { unsafe strdup($0) }
  unsafe pointers.append(nil)
  defer { for index in unsafe pointers.indices { unsafe free(pointers[index]) } }
  return unsafe body(pointers)
}
