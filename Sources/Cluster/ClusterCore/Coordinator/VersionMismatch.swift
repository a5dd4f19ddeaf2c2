/// A worker that speaks another protocol version than its coordinator, which can't work for it: who has
/// to be updated, and how.
struct VersionMismatch {
  /// The worker's protocol version, which isn't `Limits.protocolVersion`.
  let workerVersion: UInt32
  /// The coordinator's version of tl; empty where it isn't known.
  let softwareVersion: String

  /// For people at either machine: the worker prints it where it ends.
  var reason: String {
    let difference =
      "the worker speaks protocol version \(workerVersion) and the coordinator version "
      + "\(Limits.protocolVersion): "
    let own = softwareVersion.isEmpty ? "the coordinator's version of tl" : "tl \(softwareVersion)"
    guard workerVersion > Limits.protocolVersion else {
      return difference + "install \(own) on the worker's machine (\(command(softwareVersion))), "
        + "then start the worker again"
    }
    return difference + "the coordinator is the older one. Update tl on its machine, between two "
      + "runs (\(command(""))), or install \(own) on the worker's; then start the worker again"
  }

  /// - Parameter version: of the package that is wanted; empty where the sender can't know it.
  private func command(_ version: String) -> String {
    let package = version.isEmpty ? "./tl_*.deb" : "./tl_\(version)-1_*.deb"
    return "with the Debian package 'sudo apt install \(package)', else as it was installed there"
  }
}
