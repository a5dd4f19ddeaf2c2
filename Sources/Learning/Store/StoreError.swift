/// Why a store can't be opened or changed. A store is never needed for a run: whoever meets this error
/// warns and goes on without it.
public struct StoreError: Error, Equatable, Sendable, CustomStringConvertible {
  public let path: String
  public let reason: String
  public let advice: String

  public init(path: String, reason: String, advice: String) {
    self.path = path
    self.reason = reason
    self.advice = advice
  }

  public var description: String { "\(path): \(reason); \(advice)" }
}
