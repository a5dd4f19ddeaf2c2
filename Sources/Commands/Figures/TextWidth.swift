/// How wide a text is about, in the unit of its font's size: as DejaVu Sans has it, which is wider than
/// most.
public func estimatedWidth(of text: String, size: Double, isBold: Bool = false) -> Double {
  text.reduce(0) { $0 + relativeWidth(of: $1) } * size * (isBold ? 1.1 : 1)
}

private func relativeWidth(of character: Character) -> Double {
  guard let scalar = character.unicodeScalars.first else { return 0 }
  switch scalar.value {
  // Narrow letters of ASCII, and wide ones.
  case 0x20, 0x21, 0x27...0x29, 0x2C, 0x2E, 0x2F, 0x3A, 0x3B, 0x49, 0x4A, 0x5B...0x5D, 0x66,
    0x69...0x6A, 0x6C, 0x72, 0x74, 0x7C:
    return 0.4
  case 0x40, 0x4D, 0x57, 0x6D, 0x77: return 0.98
  case 0x41...0x5A: return 0.72
  case 0..<0x1100: return 0.64
  // From Hangul and CJK on characters are as wide as they are high.
  default: return 1.05
  }
}

/// The text cut to a width; what is cut shows as "…". At least one character stays.
public func shortened(
  _ text: String, toWidth widthMax: Double, size: Double, isBold: Bool = false
) -> String {
  guard estimatedWidth(of: text, size: size, isBold: isBold) > widthMax else { return text }
  var shown = ""
  var width = estimatedWidth(of: "…", size: size, isBold: isBold)
  for character in text {
    width += estimatedWidth(of: String(character), size: size, isBold: isBold)
    guard width <= widthMax || shown.isEmpty else { break }
    shown.append(character)
  }
  return shown + "…"
}
