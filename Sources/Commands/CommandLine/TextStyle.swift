/// What the place that text goes to can show.
public struct TextStyle: Sendable, Equatable {
  /// Columns of a line.
  public var columns: Int
  /// Whether escape sequences for colour and weight are understood and wanted.
  public var colour: Bool
  /// Whether characters beyond ASCII arrive as meant.
  public var unicode: Bool

  public init(columns: Int, colour: Bool, unicode: Bool) {
    self.columns = columns
    self.colour = colour
    self.unicode = unicode
  }

  /// ASCII in 80 columns, as mail and old terminals have it.
  public static let plain = TextStyle(columns: 80, colour: false, unicode: false)

  /// The same for a file or a pipe, which have room for everything.
  public var withoutEnd: TextStyle {
    TextStyle(columns: 1_000, colour: colour, unicode: unicode)
  }

  /// The attributes in use; few, and all of them readable on light and dark grounds.
  public enum Attribute: String, Sendable {
    case bold = "1"
    case dim = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case cyan = "36"
  }

  /// The text with an attribute where colour is on.
  public func apply(_ attribute: Attribute, _ text: String) -> String {
    colour && !text.isEmpty ? "\u{1B}[\(attribute.rawValue)m\(text)\u{1B}[0m" : text
  }
}

/// The text without control characters, so that a file's name can't steer the terminal. Of a longer one
/// the middle is left out: a message ends with what to do.
///
/// - Parameter lengthMax: in characters (Unicode scalars); names take 200, messages `messageLengthMax`
public func printable(_ text: String, lengthMax: Int = 200) -> String {
  let scalars = Array(text.unicodeScalars)
  guard scalars.count > lengthMax else { return harmless(scalars[...]) }
  let first = lengthMax * 2 / 3
  return harmless(scalars[..<first]) + "..." + harmless(scalars.suffix(lengthMax - first))
}

/// The most characters of a message that has names and reasons in it.
public let messageLengthMax = 600

private let zeroWidthJoiners: Set<Unicode.Scalar> = ["\u{200c}", "\u{200d}"]

private func harmless(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
  var result = ""
  for scalar in scalars {
    switch scalar.properties.generalCategory {
    // Letters and emoji are joined by these, or kept from it: they move nothing else.
    case .format where zeroWidthJoiners.contains(scalar): result.unicodeScalars.append(scalar)
    case .control, .format, .lineSeparator, .paragraphSeparator: result += "?"
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}

/// How many columns a text takes, escape sequences aside. Every character counts as one column:
/// the drawings use no wider ones, and a name that does only shortens its own line.
public func columnCount(of text: String) -> Int {
  var count = 0
  var inEscape = false
  for character in text {
    if inEscape {
      if character.isLetter { inEscape = false }
    } else if character == "\u{1B}" {
      inEscape = true
    } else {
      count += 1
    }
  }
  return count
}

/// The text cut to a number of columns, attributes closed.
public func clipped(_ text: String, columns: Int) -> String {
  guard columnCount(of: text) > columns else { return text }
  var result = ""
  var count = 0
  var inEscape = false
  var hasEscape = false
  for character in text {
    if inEscape {
      result.append(character)
      if character.isLetter { inEscape = false }
    } else if character == "\u{1B}" {
      result.append(character)
      inEscape = true
      hasEscape = true
    } else if count < columns {
      result.append(character)
      count += 1
    }
  }
  return hasEscape ? result + "\u{1B}[0m" : result
}

/// The text filled with spaces up to a number of columns.
public func padded(_ text: String, columns: Int) -> String {
  text + String(repeating: " ", count: max(0, columns - columnCount(of: text)))
}

/// The text in lines of at most `columns`, broken at spaces.
func wrapped(_ text: String, columns: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ") {
    if line.isEmpty {
      line = String(word)
    } else if line.count + 1 + word.count <= columns {
      line += " \(word)"
    } else {
      lines.append(line)
      line = String(word)
    }
  }
  return line.isEmpty ? lines : lines + [line]
}
