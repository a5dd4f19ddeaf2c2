/// A JSON value (RFC 8259) whose numbers keep their digits, so that 64-bit integers and doubles come
/// back exactly, and whose objects keep the order of their members.
public indirect enum JSONValue: Equatable, Sendable {
  case null
  case boolean(Bool)
  /// The digits as they stand in the text.
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  public struct Member: Equatable, Sendable {
    public let name: String
    public let value: JSONValue

    public init(_ name: String, _ value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  public static func integer(_ value: some BinaryInteger) -> JSONValue { .number("\(value)") }

  /// The shortest digits that lead back to the same double; null where it isn't finite.
  public static func double(_ value: Double) -> JSONValue {
    value.isFinite ? .number("\(value)") : .null
  }

  /// The member of an object; nil where it is missing or this isn't an object.
  public subscript(name: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  public var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  public var boolean: Bool? {
    guard case .boolean(let value) = self else { return nil }
    return value
  }

  public var array: [JSONValue]? {
    guard case .array(let values) = self else { return nil }
    return values
  }

  public var members: [Member]? {
    guard case .object(let members) = self else { return nil }
    return members
  }

  /// The number as a type that holds it exactly, nil otherwise.
  public func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer?
  {
    guard case .number(let digits) = self else { return nil }
    return Integer(digits)
  }

  /// The number as a finite double.
  public var double: Double? {
    guard case .number(let digits) = self, let value = Double(digits), value.isFinite else {
      return nil
    }
    return value
  }

  /// Without any space or line break.
  public var encoded: String {
    var text = ""
    write(to: &text, indentation: nil)
    return text
  }

  /// With two spaces for each level and a line for each member.
  public var encodedForPeople: String {
    var text = ""
    write(to: &text, indentation: 0)
    return text + "\n"
  }

  private func write(to text: inout String, indentation: Int?) {
    switch self {
    case .null: text += "null"
    case .boolean(let value): text += value ? "true" : "false"
    case .number(let digits): text += digits
    case .string(let string): Self.write(string, to: &text)
    case .array(let values):
      // Arrays hold short things: they stay on one line.
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += indentation == nil ? "," : ", " }
        value.write(to: &text, indentation: nil)
      }
      text += "]"
    case .object(let members):
      let inner = indentation.map { $0 + 1 }
      text += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { text += "," }
        Self.breakLine(&text, inner)
        Self.write(member.name, to: &text)
        text += indentation == nil ? ":" : ": "
        member.value.write(to: &text, indentation: inner)
      }
      if !members.isEmpty { Self.breakLine(&text, indentation) }
      text += "}"
    }
  }

  private static func breakLine(_ text: inout String, _ indentation: Int?) {
    guard let indentation else { return }
    text += "\n" + String(repeating: "  ", count: indentation)
  }

  private static func write(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\t": text += "\\t"
      case "\u{0}"..<" ", "\u{7f}":
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }
}
