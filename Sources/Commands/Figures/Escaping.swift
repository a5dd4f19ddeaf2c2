/// The text as HTML and SVG take it for nothing but text, inside an element as well as in an attribute.
/// What would steer a page instead of showing (control and format characters, which also turn the
/// direction of the text around) becomes a replacement character.
public func escaped(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    // Joins letters of some scripts, and the parts of some emoji.
    case "\u{200C}", "\u{200D}": result.unicodeScalars.append(scalar)
    default:
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned:
        result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }
  return result
}
