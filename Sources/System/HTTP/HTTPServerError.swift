/// Why nothing can be served.
public struct HTTPServerError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Names the address and says what to do next.
  public let description: String
}
