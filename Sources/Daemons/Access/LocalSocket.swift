import Files
import Glibc
import ZeroMQ

/// The Unix socket of a coordinator, by which processes of the same user on the same machine reach it
/// without a token: the kernel lets nobody else into its folder.
public struct LocalSocket: Sendable {
  public let folder: String
  public var address: Address { .local(path: "\(folder)/\(LocalSocket.name)") }

  static let name = "coordinator"

  /// The environment variable by which a coordinator tells its local workers the path of the socket.
  public static let variable = "TL_LOCAL_SOCKET"

  private init(folder: String) { self.folder = folder }

  /// The socket of the coordinator that listens at this port of this machine, if it is this user's.
  public static func find(port: UInt16, _ environment: [String: String]) -> LocalSocket? {
    for folder in StateFolder.socketFolders(environment) {
      let found = LocalSocket(folder: "\(folder)/\(port)")
      var status = stat()
      guard unsafe lstat(found.folder, &status) == 0, status.st_uid == geteuid(),
        status.st_mode & 0o077 == 0, LocalSocketClaim.isHeld(found.folder)
      else { continue }
      return found
    }
    return nil
  }

  /// Where that coordinator's socket is, or will be.
  static func address(port: UInt16, _ environment: [String: String]) -> Address {
    if let found = find(port: port, environment) { return found.address }
    let folders = StateFolder.socketFolders(environment)
    return LocalSocket(folder: "\(folders[0])/\(port)").address
  }

  /// Takes the place of a port's socket, for as long as the claim lives.
  ///
  /// - Throws: `inUse` where another coordinator of this user has it.
  public static func claim(
    port: UInt16, _ environment: [String: String]
  ) throws(AccessError) -> (LocalSocket, LocalSocketClaim) {
    var problem: AccessError?
    for folder in StateFolder.socketFolders(environment) {
      let socket = LocalSocket(folder: "\(folder)/\(port)")
      guard socket.folder.utf8.count + 1 + name.utf8.count <= Address.pathBytesMax else {
        problem = AccessError(
          .inputOutput,
          "\(socket.folder) is too long a path for a Unix socket; set XDG_RUNTIME_DIR to a shorter one"
        )
        continue
      }
      do throws(AccessError) {
        try StateFolder.makePrivate(folder)
      } catch {
        problem = error
        continue
      }
      return (socket, try LocalSocketClaim(socket.folder))
    }
    throw problem ?? AccessError(.inputOutput, "there is no folder for Unix sockets")
  }
}

/// Holds the place of a port's socket; the kernel lets go of it when the process ends, however it
/// does.
public final class LocalSocketClaim: Sendable {
  private let folder: String
  private let descriptor: Int32

  /// A coordinator that ends has closed its port a moment before it lets go of this.
  private static let patienceSeconds = 2

  init(_ folder: String) throws(AccessError) {
    for _ in 0..<LocalSocketClaim.patienceSeconds * 20 {
      if let descriptor = try LocalSocketClaim.lock(folder) {
        self.descriptor = descriptor
        self.folder = folder
        return
      }
      usleep(50_000)
    }
    throw AccessError(
      .inUse,
      "another of your coordinators has this port's place in \(folder); choose another port")
  }

  /// Nil where another process has it, or had it until now.
  private static func lock(_ folder: String) throws(AccessError) -> Int32? {
    try StateFolder.makePrivate(folder)
    let path = lockPath(folder)
    let descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      // The folder's last owner may have removed it since.
      if errno == ENOENT { return nil }
      throw AccessError(.inputOutput, "cannot open \(SystemError.last(path))")
    }
    var (opened, current) = (stat(), stat())
    // Who held it removes the file in the end: then the lock is one of a file that nobody finds.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, unsafe fstat(descriptor, &opened) == 0,
      unsafe lstat(path, &current) == 0, opened.st_ino == current.st_ino
    else {
      close(descriptor)
      return nil
    }
    return descriptor
  }

  deinit {
    for name in [LocalSocket.name, "lock"] { unsafe unlink("\(folder)/\(name)") }
    unsafe rmdir(folder)
    close(descriptor)
  }

  /// Whether a living process holds it: what a killed one left behind doesn't count.
  static func isHeld(_ folder: String) -> Bool {
    let descriptor = unsafe open(lockPath(folder), O_RDWR | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  private static func lockPath(_ folder: String) -> String { "\(folder)/lock" }
}
