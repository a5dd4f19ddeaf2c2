import Files
import Glibc

/// The folders in which one user's commands keep what they share between runs.
///
/// Both are the XDG Base Directory Specification's.
public enum StateFolder {
  /// For keys and credentials: `$XDG_STATE_HOME/tl`, else `~/.local/state/tl`.
  public static func path(_ environment: [String: String]) -> String {
    if let folder = absolute(environment["XDG_STATE_HOME"]) { return "\(folder)/tl" }
    return "\(home(environment))/.local/state/tl"
  }

  /// Where Unix sockets may lie, the preferred one first: below `$XDG_RUNTIME_DIR`, below the folder
  /// that systemd makes for the user, whose variable is missing in some sessions, or in the state
  /// folder.
  static func socketFolders(_ environment: [String: String]) -> [String] {
    let runtimeFolder = absolute(environment["XDG_RUNTIME_DIR"]) ?? "/run/user/\(geteuid())"
    let stateFolder = "\(path(environment))/sockets"
    return isOwn(runtimeFolder) ? ["\(runtimeFolder)/tl", stateFolder] : [stateFolder]
  }

  /// Whether a folder belongs to who runs this process: `sudo` may leave the variables of another.
  private static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      && status.st_uid == geteuid()
  }

  private static func absolute(_ path: String?) -> String? {
    guard let path, PathNames.isAbsolute(path) else { return nil }
    return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
  }

  private static func home(_ environment: [String: String]) -> String {
    if let home = absolute(environment["HOME"]) { return home }
    // Safe: the entry and its text are the library's until the next call, and copied at once.
    guard let entry = unsafe getpwuid(getuid()), let text = unsafe entry.pointee.pw_dir else {
      return "/"
    }
    return unsafe String(cString: text)
  }

  /// Makes a folder that only this user may enter, and those above it.
  ///
  /// - Throws: `inputOutput`; `unsafeFile` where it is there and others may enter it.
  static func makePrivate(_ path: String) throws(AccessError) {
    var parent = ""
    for part in PathNames.all(of: path) {
      parent += "/\(part)"
      guard unsafe mkdir(parent, 0o700) != 0, errno != EEXIST, errno != EISDIR else { continue }
      throw AccessError(
        .inputOutput,
        "cannot create \(SystemError.last(parent)); set XDG_STATE_HOME to a folder that you can "
          + "write")
    }
    var status = stat()
    guard unsafe lstat(path, &status) == 0 else {
      throw AccessError(.inputOutput, "cannot look at \(SystemError.last(path))")
    }
    guard status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
      status.st_mode & 0o077 == 0
    else {
      throw AccessError(
        .unsafeFile,
        "others may enter \(path), or it isn't yours; run `chmod 700 \(path)` or remove it")
    }
  }
}
