import Glibc
import Monitoring

/// Whether a descriptor leads to the system's journal, which others than who started the process read:
/// systemd says in `JOURNAL_STREAM` by which device and inode that is known.
func isJournal(_ descriptor: Int32, _ environment: [String: String]) -> Bool {
  guard let journal = environment["JOURNAL_STREAM"] else { return false }
  var status = stat()
  // The call fills in the struct.
  guard unsafe fstat(descriptor, &status) == 0 else { return false }
  return journal == "\(status.st_dev):\(status.st_ino)"
}

extension RunEvent {
  /// The same without what only who started the run may know.
  var withoutSecrets: RunEvent {
    guard case .invitation(let invitation) = self else { return self }
    return .invitation(
      Invitation(
        listen: invitation.listen, advertised: invitation.advertised, token: nil,
        isInsecure: invitation.isInsecure))
  }
}
