import Synchronization
import Threading

/// A regular expression that is looked for in paths, for a bounded time.
///
/// Swift's engine tries one way after another. Repetitions within repetitions, as `((.*)*)*`, give it more
/// ways for a path than can ever be tried, and it can't be stopped: so it works on a thread of its own,
/// which is left to itself where that takes too long.
package struct PathExpression: Sendable {
  /// The paths with which the search didn't come to an end.
  package struct Endless: Error, Equatable {
    package let path: String

    package init(path: String) { self.path = path }
  }

  /// Far more than all paths together take on a slow and busy machine.
  package static let patienceSecondsMin = 10
  /// An ordinary expression takes some microseconds for a path.
  package static let pathsPerSecondMin = 5_000

  private let pattern: String

  /// Nil for what is no regular expression.
  package init?(_ pattern: String) {
    guard (try? Regex(pattern)) != nil else { return nil }
    self.pattern = pattern
  }

  /// Of each path what the first parentheses match, or all that matches where there are none; nil where
  /// that is nothing.
  ///
  /// - Parameter patienceSeconds: how long to wait for all of them; nil for more than any ordinary
  ///   expression takes
  package func matches(
    in paths: [String], patienceSeconds: Int? = nil
  ) throws(Endless) -> [String?] {
    let found = Found()
    let pattern = pattern
    let thread = NamedThread(name: "expression", stackBytes: 8 << 20) {
      guard let regex = try? Regex(pattern) else { preconditionFailure("it was read before") }
      for path in paths { found.append(Self.match(of: regex, in: path)) }
    }
    let patience = Self.patienceSecondsMin + paths.count / Self.pathsPerSecondMin
    let hasEnded = thread.join(patienceSeconds: patienceSeconds ?? patience)
    let matches = found.all
    // It may have ended in the meantime.
    guard hasEnded || matches.count == paths.count else {
      throw Endless(path: paths[matches.count])
    }
    return matches
  }

  private static func match(of regex: Regex<AnyRegexOutput>, in path: String) -> String? {
    guard let output = (try? regex.firstMatch(in: path))?.output else { return nil }
    let found = output.count > 1 ? output[1].substring : output[0].substring
    return found.flatMap { $0.isEmpty ? nil : String($0) }
  }

  /// What was found so far, in the order of the paths.
  private final class Found: Sendable {
    private let matches = Mutex<[String?]>([])

    var all: [String?] { matches.withLock { $0 } }

    func append(_ match: String?) { matches.withLock { $0.append(match) } }
  }
}
