/// Classes that a run is trained on and of which no photograph validates, or none tests: an accuracy says
/// nothing of them.
public struct UnmeasuredClasses: Equatable, Sendable {
  public var unvalidated: [String]
  /// Empty where the run has no test.
  public var untested: [String]

  public init(unvalidated: [String] = [], untested: [String] = []) {
    self.unvalidated = unvalidated
    self.untested = untested
  }

  /// - Parameters:
  ///   - validation: the class of each photograph that validates, by its place in `classes`.
  ///   - test: the same of those that test.
  public init(_ classes: [String], validation: [Int], test: [Int]) {
    func missing(_ labels: [Int]) -> [String] {
      let present = Set(labels)
      return classes.indices.filter { !present.contains($0) }.map { classes[$0] }
    }
    self.init(unvalidated: missing(validation), untested: test.isEmpty ? [] : missing(test))
  }

  /// More than a line has room for.
  private static let namedMax = 20

  /// What to say of them, for people: a sentence on each part.
  public var sentences: [String] {
    [
      Self.sentence(unvalidated, "validates", "validation"),
      Self.sentence(untested, "tests", "test"),
    ].compactMap(\.self)
  }

  private static func sentence(_ classes: [String], _ verb: String, _ part: String) -> String? {
    guard !classes.isEmpty else { return nil }
    let names =
      classes.prefix(namedMax).joined(separator: ", ")
      + (classes.count > namedMax ? " and \(classes.count - namedMax) other classes" : "")
    return "no photograph of \(names) \(verb): the \(part) accuracy says nothing of "
      + (classes.count == 1 ? "it" : "them")
  }
}
