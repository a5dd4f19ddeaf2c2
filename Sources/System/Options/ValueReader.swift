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

  /// Reads the same texts, as far as the values they stand for can be made into others.
  public func mapped<Other>(
    _ transform: @escaping @Sendable (Value) -> Other?
  ) -> ValueReader<Other> {
    let read = self.read
    return ValueReader<Other>(
      placeholder: placeholder, expectation: expectation, choices: choices
    ) { text in read(text).flatMap(transform) }
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
      // Swift's own reading takes a plus sign.
      guard text.utf8.first != UInt8(ascii: "+") else { return nil }
      return Value(text).flatMap { range.contains($0) ? $0 : nil }
    }
  }
}

extension ValueReader where Value == Double {
  /// A finite number within a range that has its ends.
  public static func number(_ range: ClosedRange<Double>, placeholder: String = "X") -> Self {
    number("from \(digits(range.lowerBound)) to \(digits(range.upperBound))", placeholder) {
      range.contains($0)
    }
  }

  /// A number from the lower bound to below the upper one.
  public static func number(_ range: Range<Double>, placeholder: String = "X") -> Self {
    number("from \(digits(range.lowerBound)) to below \(digits(range.upperBound))", placeholder) {
      range.contains($0)
    }
  }

  /// A number above the lower bound, up to the upper one.
  public static func number(
    above lower: Double, to upper: Double, placeholder: String = "X"
  ) -> Self {
    number("above \(digits(lower)) and at most \(digits(upper))", placeholder) {
      $0 > lower && $0 <= upper
    }
  }

  /// A number between two that it can't be.
  public static func number(
    between lower: Double, and upper: Double, placeholder: String = "X"
  ) -> Self {
    number("between \(digits(lower)) and \(digits(upper))", placeholder) {
      $0 > lower && $0 < upper
    }
  }

  private static func number(
    _ range: String, _ placeholder: String, where accepts: @escaping @Sendable (Double) -> Bool
  ) -> Self {
    Self(placeholder: placeholder, expectation: "a number \(range)") { text in
      guard let value = Double(text), value.isFinite, accepts(value) else { return nil }
      return value
    }
  }

  /// Whole numbers without their ".0".
  private static func digits(_ bound: Double) -> String {
    Int(exactly: bound).map { "\($0)" } ?? "\(bound)"
  }
}

extension ValueReader where Value == String {
  /// Any text but the empty one, of at most 4,096 bytes: as long as a path may be.
  public static func text(_ placeholder: String, expectation: String = "a text") -> Self {
    Self(placeholder: placeholder, expectation: expectation) {
      (1...4096).contains($0.utf8.count) ? $0 : nil
    }
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

extension ValueReader where Value: RawRepresentable<String> & CaseIterable {
  /// One of the words of an enumeration.
  public static func word(_ type: Value.Type = Value.self) -> Self {
    let words = type.allCases.map(\.rawValue)
    return Self(
      placeholder: words.joined(separator: "|"),
      expectation: "one of " + words.joined(separator: ", "), choices: words
    ) { Value(rawValue: $0) }
  }
}
