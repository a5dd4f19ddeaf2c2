/// Why something of the catalogue isn't there.
public struct CatalogueError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Code: Sendable {
    /// No address gave it.
    case unavailable
    /// The file isn't the one that is meant.
    case data
    /// Reading or writing failed, or there is no room.
    case inputOutput
  }

  public let code: Code
  /// Names the entry, the file or the address.
  public let message: String
  /// What to do next.
  public let advice: String

  public init(_ code: Code, _ message: String, advice: String) {
    self.code = code
    self.message = message
    self.advice = advice
  }

  public var description: String { advice.isEmpty ? message : "\(message)\n\(advice)" }
}
