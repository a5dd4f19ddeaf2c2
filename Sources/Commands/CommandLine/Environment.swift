import Glibc

/// The variables of this process's environment.
public let environment: [String: String] = {
  var variables: [String: String] = [:]
  var entry = unsafe environ
  // The list is the process's own and nobody changes it; a null pointer ends it.
  while let text = unsafe entry.pointee {
    let parts = unsafe String(cString: text).split(
      separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
    unsafe entry += 1
  }
  return variables
}()
