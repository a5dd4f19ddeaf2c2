import Options

extension Program {
  /// The page for man(1) in troff's man macros: what `--help` says of the program and of each command,
  /// from the same table.
  func manual() -> String {
    var page = ManualPage()
    page.request("TH", name.uppercased(), "1", "", "tl \(version)", "User Commands")
    page.title("NAME")
    page.text("\(name) - \(summary)")
    page.title("SYNOPSIS")
    page.line(".B \(ManualPage.escaped(name))")
    page.line("\\fIcommand\\fR [\\fIoptions\\fR]")
    page.title("COMMANDS")
    for command in commands { add(command, to: &page) }
    page.title("OPTIONS")
    page.text(
      "Each option has a variable in the environment as well: --retry-max-seconds is "
        + "TL_RETRY_MAX_SECONDS. An option comes before its variable, and that before the file that "
        + "--config names, where a command has it.")
    page.entry("\\fB\\-h\\fR, \\fB\\-\\-help\\fR", "explain a command")
    page.entry("\\fB\\-V\\fR, \\fB\\-\\-version\\fR", "print the version")
    if !environment.isEmpty {
      page.title("ENVIRONMENT")
      for variable in environment { page.entry("\\fB\(variable.name)\\fR", variable.summary) }
    }
    page.title("EXIT STATUS")
    for code in ExitCode.allCases { page.entry("\(code.rawValue)", code.summary) }
    return page.text
  }

  private func add(_ command: Command, to page: inout ManualPage) {
    let usage = [
      name, command.name, command.positional.map(usageWord),
      command.groups.isEmpty ? nil : "[options]",
    ]
    page.section(usage.compactMap(\.self).joined(separator: " "))
    page.text(command.summary.prefix(1).uppercased() + command.summary.dropFirst() + ".")
    if let positional = command.positional {
      page.entry("\\fI\(ManualPage.escaped(positional.placeholder))\\fR", positional.summary)
    }
    for option in command.options {
      let placeholder = "\\fI\(ManualPage.escaped(option.placeholder))\\fR"
      let value =
        option.isSwitch ? "" : option.bareValue == nil ? " \(placeholder)" : " [\(placeholder)]"
      let fallback = option.fallbackText.isEmpty ? "" : " [default: \(option.fallbackText)]"
      page.entry(
        "\\fB\\-\\-\(ManualPage.escaped(option.name))\\fR\(value)", option.summary + fallback)
    }
    if !command.notes.isEmpty { page.literal(command.notes) }
  }
}

/// Text for troff's man macros.
private struct ManualPage {
  private(set) var text = ""

  mutating func line(_ line: String) { text += line + "\n" }

  mutating func request(_ name: String, _ arguments: String...) {
    line(".\(name) " + arguments.map { "\"\(ManualPage.escaped($0))\"" }.joined(separator: " "))
  }

  mutating func title(_ title: String) { line(".SH \(title)") }

  mutating func section(_ title: String) { request("SS", title) }

  mutating func text(_ sentence: String) { line(ManualPage.escaped(sentence)) }

  /// - Parameter term: with its fonts.
  mutating func entry(_ term: String, _ explanation: String) {
    line(".TP")
    line(term)
    text(explanation)
  }

  /// Lines that stay as they are.
  mutating func literal(_ lines: [String]) {
    line(".PP")
    line(".nf")
    for line in lines { text(line) }
    line(".fi")
  }

  /// Dashes that can be copied, and nothing that troff takes for its own.
  static func escaped(_ text: String) -> String {
    let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-")
      .replacing("\"", with: "\\(dq").replacing("…", with: "...")
    return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
  }
}
