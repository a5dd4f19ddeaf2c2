import RunFiles

/// Why a run can't be inspected.
public struct InspectionError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What kind of trouble it is; commands choose their exit code by it.
  public enum Code: Hashable, Sendable {
    /// The photographs or the backbone aren't those of the run, or can't be used: exit 65.
    case data
    /// Reading failed: exit 74.
    case inputOutput
    /// The run's configuration is wrong: exit 78.
    case configuration
  }

  public let code: Code
  /// Names the thing and says what to do next.
  public let description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }

  init(_ error: RunFilesError) {
    let code: Code =
      switch error.code {
      case .damaged: .data
      case .inputOutput, .cannotCreate: .inputOutput
      case .configuration: .configuration
      }
    self.init(code, error.description)
  }
}
