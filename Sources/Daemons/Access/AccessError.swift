/// What is wrong with keys, credentials and tokens, and what to do about it.
public struct AccessError: Error, Equatable, CustomStringConvertible {
  public enum Code: Equatable, Sendable {
    /// A token or a name that was given is none.
    case invalid
    /// A file is not as it must be.
    case unsafeFile
    /// Reading or writing failed.
    case inputOutput
    /// Another coordinator has the place.
    case inUse
  }

  public let code: Code
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
