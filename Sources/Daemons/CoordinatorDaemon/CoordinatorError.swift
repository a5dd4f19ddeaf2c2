/// Why a coordinator can't begin or go on: what is wrong, by name, and what to do next.
public struct CoordinatorError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The classes that commands turn into exit codes.
  public enum Code: Equatable, Sendable {
    /// The input is wrong: exit 65.
    case data
    /// Something that is needed isn't there: exit 69.
    case unavailable
    /// An output exists, is in use or can't be created: exit 73.
    case cannotCreate
    /// Reading or writing failed: exit 74.
    case inputOutput
    /// The configuration contradicts itself or the run that it continues: exit 78.
    case configuration
  }

  public let code: Code
  public let message: String
  public let advice: String

  public init(_ code: Code, _ message: String, advice: String) {
    self.code = code
    self.message = message
    self.advice = advice
  }

  public var description: String { advice.isEmpty ? message : "\(message)\n\(advice)" }
}
