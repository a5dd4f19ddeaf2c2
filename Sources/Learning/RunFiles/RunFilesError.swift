import Files

/// Why a file of a run can't be used.
public struct RunFilesError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is; commands choose their exit code by it.
  public enum Code: Hashable, Sendable {
    /// A file's bytes are damaged or aren't what they claim: exit 65.
    case damaged
    /// The run exists, is in use or can't be created: exit 73.
    case cannotCreate
    /// Reading or writing failed: exit 74.
    case inputOutput
    /// The configuration is wrong, or belongs to another run: exit 78.
    case configuration
  }

  public let code: Code
  /// Names the file or value and says what to do next.
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  init(_ code: Code, _ action: String, _ error: SystemError) {
    self.init(code, "can't \(action): \(error)")
  }
}
