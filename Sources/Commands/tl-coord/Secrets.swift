import Monitoring

extension RunEvent {
  /// The same without what only who started the run may know.
  var withoutSecrets: RunEvent {
    guard case .invitation(let invitation) = self else { return self }
    return .invitation(
      Invitation(
        listen: invitation.listen, advertised: invitation.advertised, token: nil,
        isInsecure: invitation.isInsecure, isAnnounced: invitation.isAnnounced))
  }
}
