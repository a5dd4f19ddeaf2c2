import Glibc

/// The text of a file with a key or a token, as `readTextFile` reads it.
///
/// Throws 78 where others may read the file and whoever runs this can change that. What belongs to another
/// user, or lies where nothing can be written, is as its owner has it: systemd, Kubernetes and Docker hand
/// secrets over like that.
public func readSecretFile(at path: String) throws(CommandLineError) -> String {
  let text = try readTextFile(at: path)
  var status = stat()
  var place = statvfs()
  // Both calls fill in their structs; what can't be looked at was read all the same.
  guard unsafe stat(path, &status) == 0, unsafe statvfs(path, &place) == 0 else { return text }
  let isFile = status.st_mode & S_IFMT == S_IFREG
  let isWritable = place.f_flag & UInt(ST_RDONLY) == 0
  guard isFile, status.st_uid == geteuid(), status.st_mode & 0o077 != 0, isWritable else {
    return text
  }
  throw CommandLineError(
    .configuration,
    "\(printable(path)) holds a secret, and others may read or write it (its mode is "
      + "\(String(status.st_mode & 0o777, radix: 8)))",
    advice:
      "If nobody else has, run 'chmod 600 \(shellWord(path))'; otherwise make a new one. Where that "
      + "changes nothing, keep it on a file system that knows permissions.")
}
