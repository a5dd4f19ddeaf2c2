/// Where the value of an option came from, from the strongest to the weakest.
public enum Origin: String, CaseIterable, Hashable, Sendable {
  case flag, environment, file, `default`
}

/// What was given for an option: the text of its value, and where that came from.
public struct GivenValue: Equatable, Sendable {
  public let text: String
  public let origin: Origin

  public init(_ text: String, _ origin: Origin) {
    self.text = text
    self.origin = origin
  }
}
