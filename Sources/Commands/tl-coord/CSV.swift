/// A line of comma-separated values (RFC 4180, with a plain line feed): what holds a comma, a quote or
/// a line break is quoted.
func commaSeparated(_ fields: [String]) -> String {
  fields.map { field in
    let isPlain = field.utf8.allSatisfy { byte in
      switch Unicode.Scalar(byte) {
      case ",", "\"", "\n", "\r": false
      default: true
      }
    }
    return isPlain ? field : "\"" + field.replacing("\"", with: "\"\"") + "\""
  }.joined(separator: ",") + "\n"
}
