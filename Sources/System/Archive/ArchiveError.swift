/// Why an archive can't be unpacked.
public struct ArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// It is no archive of a kind that is read, or damaged.
    case damaged
    /// It holds what no archive of files should: a way out of its folder, a link, a device, or far
    /// more than it should.
    case refused
    /// The system failed to read it.
    case unreadable
    /// The system failed to write what is in it.
    case unwritable
  }

  public let kind: Kind
  /// Names the entry or the file.
  public let reason: String
  /// Of the system, where it failed; else 0.
  public let errorNumber: Int32

  public init(_ kind: Kind, _ reason: String, errorNumber: Int32 = 0) {
    self.kind = kind
    self.reason = reason
    self.errorNumber = errorNumber
  }

  public var description: String { reason }
}
