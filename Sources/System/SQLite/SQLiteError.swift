/// A call of SQLite that failed.
public struct SQLiteError: Error, Equatable, Sendable, CustomStringConvertible {
  public enum Kind: Sendable {
    /// The file is no database, or what it holds contradicts itself.
    case damaged
    /// No room on the disk, or the file has reached the size that it may have.
    case full
    /// The file or its folder can't be written.
    case readOnly
    /// Another process kept the database locked for longer than ``SQLite/Database/busyTimeout``.
    case busy
    /// The system failed to read, write, open or synchronize.
    case inputOutput
    case other
  }

  public let kind: Kind
  public let path: String
  /// SQLite's own words.
  public let reason: String

  public init(kind: Kind, path: String, reason: String) {
    self.kind = kind
    self.path = path
    self.reason = reason
  }

  public var description: String { "\(path): \(reason)" }
}
