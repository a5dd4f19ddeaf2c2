import Glibc

/// The words before a message on stderr.
public enum ReportKind: String, Sendable {
  case error, warning, note
}

/// Writes a message to stderr, after the program's name; further lines of the text stand below the
/// first one's.
public func report(_ kind: ReportKind, _ text: String, program: String) {
  let style = Terminal.standardError(environment).style
  let colour: TextStyle.Attribute =
    switch kind {
    case .error: .red
    case .warning: .yellow
    case .note: .dim
    }
  let label = style.apply(colour, "\(kind.rawValue):")
  let lines = text.split(whereSeparator: \.isNewline).joined(separator: "\n  ")
  write("\(program): \(label) \(lines)\n", to: STDERR_FILENO)
}
