import Digest
import Manifest
import Transfer

/// Where a worker's owner lets it look for photographs before the coordinator is asked for them.
public enum PhotographPlace: Sendable, CustomStringConvertible {
  case folder(String)
  case server(WebFolder)

  /// Without a password.
  public var description: String {
    switch self {
    case .folder(let path): path
    case .server(let folder): folder.description
    }
  }
}

/// Looks for photographs in such a place, on threads of its own: one that doesn't answer holds up
/// nothing else.
protocol PhotographSupply: Sendable {
  /// What is looked for from now on is in this manifest.
  func use(_ manifest: Manifest)
  /// Ends in one letter, unless the place never answers.
  func look(for content: ContentDigest)
  /// Ends the threads, unless the place holds them.
  func stop()
}

/// What came of looking for a photograph.
struct PhotographFound: Sendable {
  let content: ContentDigest
  let outcome: SupplyOutcome
}

package enum SupplyOutcome: Equatable, Sendable {
  /// The bytes, whose SHA-256 is the photograph's.
  case bytes([UInt8])
  /// The place hasn't got it; with where it was looked for, if that helps people.
  case absent(at: String?)
  /// The place ought to have it and didn't give it; an address and a reason, for people.
  case failed(reason: String)
}
