/// How much a server does for others.
public struct HTTPLimits: Sendable {
  /// At once; further ones wait until one ends.
  public var connectionsMax = 64
  /// At once, from one address; further ones are turned away.
  public var connectionsPerAddressMax = 32
  /// The longest head of a request, with what the server needs to read it.
  public var requestBytesMax = 16 << 10
  /// What may follow the question mark of an address. The library keeps arguments beside the head, and has
  /// no answer for who sends more than fit there.
  public var queryBytesMax = 2 << 10
  public var argumentsMax = 64
  /// For one whole exchange, and between two. What its handler needs doesn't count.
  public var exchangeSeconds = 30

  public init() {}
}
