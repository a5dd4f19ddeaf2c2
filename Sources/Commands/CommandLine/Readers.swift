import Glibc

/// Whether others than who started the process read what is written to a descriptor: a file that they
/// may read, or the system's journal, of which systemd says in `JOURNAL_STREAM` by which device and
/// inode it is known.
public func isReadByOthers(_ descriptor: Int32, _ environment: [String: String]) -> Bool {
  var status = stat()
  // The call fills in the struct.
  guard unsafe fstat(descriptor, &status) == 0 else { return false }
  let isFile = status.st_mode & S_IFMT == S_IFREG
  if isFile, status.st_mode & (S_IRGRP | S_IROTH) != 0 { return true }
  return environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
}
