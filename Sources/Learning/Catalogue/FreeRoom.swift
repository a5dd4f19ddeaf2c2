import Glibc

/// What this user may still write where a folder lies, in bytes; nil where the system doesn't tell.
func freeRoom(in folder: String) -> Int? {
  var status = statvfs()
  // The call fills in the struct.
  guard unsafe statvfs(folder, &status) == 0 else { return nil }
  let (count, isTooLarge) = Int(status.f_bavail).multipliedReportingOverflow(
    by: Int(status.f_frsize))
  return isTooLarge ? nil : count
}
