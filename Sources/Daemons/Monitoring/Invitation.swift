/// What workers on other machines need in order to join. It holds a secret, so that it is told to who
/// started the run and written to no file.
public struct Invitation: Equatable, Sendable {
  /// Where the coordinator listens, as `HOST:PORT`, with the port that was taken; several addresses
  /// have commas between them.
  public let listen: String
  /// By which address others reach it, where that was said.
  public let advertised: String?
  /// What they must show; nil where everybody is let in, or the default token was revoked.
  public let token: String?
  /// Whether everybody is let in, in the clear.
  public let isInsecure: Bool
  /// Whether it is announced in the local network, so that workers there need no address.
  public let isAnnounced: Bool

  public init(
    listen: String, advertised: String?, token: String?, isInsecure: Bool, isAnnounced: Bool = false
  ) {
    self.listen = listen
    self.advertised = advertised
    self.token = token
    self.isInsecure = isInsecure
    self.isAnnounced = isAnnounced
  }
}
