/// Turns the text of an option into a value, and says what it expects.
public struct ValueReader<Value: Sendable>: Sendable {
  /// Stands for the value in the help, such as `N` or `FILE`.
  public let placeholder: String
  /// Completes "needs …" in an error message.
  public let expectation: String
  /// The words allowed, where only certain words are.
  public let choices: [String]
  /// The value, or nil where the text isn't one.
  public let read: @Sendable (String) -> Value?

  public init(
    placeholder: String, expectation: String, choices: [String] = [],
    read: @escaping @Sendable (String) -> Value?
  ) {
    self.placeholder = placeholder
    self.expectation = expectation
    self.choices = choices
    self.read = read
  }

  /// The same reader for an option that may be left out.
  public var optional: ValueReader<Value?> {
    let read = self.read
    return ValueReader<Value?>(
      placeholder: placeholder, expectation: expectation, choices: choices
    ) { text in read(text).map { .some($0) } }
  }
}

extension ValueReader where Value: FixedWidthInteger {
  /// A whole number in decimal digits, within a range.
  public static func integer(_ range: ClosedRange<Value>, placeholder: String = "N") -> Self {
    let expectation =
      range.upperBound == Value.max
      ? "a whole number of at least \(range.lowerBound)"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return Self(placeholder: placeholder, expectation: expectation) { text in
      Value(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension ValueReader where Value == Double {
  /// A finite number that a predicate accepts; `range` says in words which.
  public static func number(
    _ range: String, placeholder: String = "X", where accepts: @escaping @Sendable (Double) -> Bool
  ) -> Self {
    Self(placeholder: placeholder, expectation: "a number \(range)") { text in
      guard let value = Double(text), value.isFinite, accepts(value) else { return nil }
      return value
    }
  }
}

extension ValueReader where Value == String {
  /// Any text but the empty one.
  public static func text(_ placeholder: String, expectation: String = "a text") -> Self {
    Self(placeholder: placeholder, expectation: expectation) { $0.isEmpty ? nil : $0 }
  }

  /// One of the given words.
  public static func choice(_ words: [String]) -> Self {
    Self(
      placeholder: words.joined(separator: "|"),
      expectation: words.count == 2
        ? "'\(words[0])' or '\(words[1])'" : "one of \(words.joined(separator: ", "))",
      choices: words
    ) { words.contains($0) ? $0 : nil }
  }
}

extension ValueReader where Value == Bool {
  /// Yes or no; the flag alone means yes.
  public static var yesOrNo: Self {
    Self(placeholder: "yes|no", expectation: "'yes' or 'no'", choices: ["yes", "no"]) { text in
      switch text.lowercased() {
      case "yes", "true", "1", "on": true
      case "no", "false", "0", "off": false
      default: nil
      }
    }
  }
}
