/// What travels in a control frame: a message, and the two numbers by which a late or foreign one
/// is recognized.
public struct Envelope<Message: Equatable & Sendable>: Equatable, Sendable {
  /// The coordinator's; `.none` in a worker's hello and in a status request.
  public var incarnation: Incarnation
  /// The worker's; `.none` before it is welcomed, in a refusal, and around status.
  public var session: Session
  public var message: Message

  public init(incarnation: Incarnation, session: Session, message: Message) {
    self.incarnation = incarnation
    self.session = session
    self.message = message
  }
}
