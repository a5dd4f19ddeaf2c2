extension Program {
  /// The help of the program as a whole.
  func help(_ style: TextStyle) -> String {
    var page = HelpPage(style: style)
    page.paragraph("\(name) \(version): \(summary)")
    page.usage("\(name) <command> [options]")
    page.title("Commands")
    for command in commands {
      page.entry(
        [command.name, command.positional.map(usageWord)].compactMap(\.self).joined(separator: " "),
        command.summary)
    }
    if !environment.isEmpty {
      page.title("Environment")
      for variable in environment { page.entry(variable.name, variable.summary) }
    }
    page.title("Everywhere")
    page.entry(
      "-h, --help", "explain a command, as in '\(name) \(commands.first?.name ?? "") --help'")
    page.entry("-V, --version", "print the version")
    page.entry("completion SHELL", "print completions for bash, zsh or fish")
    return page.text
  }

  /// The help of one command: its options by group, with defaults.
  func help(for command: Command, _ style: TextStyle) -> String {
    var page = HelpPage(style: style)
    page.paragraph("\(name) \(command.name): \(command.summary)")
    let argument = command.positional.map { " " + usageWord($0) } ?? ""
    page.usage("\(name) \(command.name)\(argument)\(command.groups.isEmpty ? "" : " [options]")")
    if let positional = command.positional {
      page.title("Argument")
      page.entry(positional.placeholder, positional.summary)
    }
    for group in command.groups {
      page.title(group.title)
      for option in group.options {
        let value =
          option.isSwitch
          ? "" : option.bareValue == nil ? " \(option.placeholder)" : " [\(option.placeholder)]"
        let fallback = option.fallbackText.isEmpty ? "" : " [default: \(option.fallbackText)]"
        page.entry("--\(option.name)\(value)", option.summary + fallback)
      }
    }
    if !command.groups.isEmpty {
      page.blank()
      let example = command.options.first { !$0.isSwitch } ?? command.options[0]
      page.paragraph(
        "Each option has a variable in the environment as well, such as "
          + "\(example.environmentName) for --\(example.name)."
          + (command.readsConfiguration
            ? " An option comes before its variable, and that before the configuration file." : ""))
    }
    for note in command.notes {
      if note == command.notes.first { page.blank() }
      page.literal(note)
    }
    return page.text
  }

  func usageWord(_ positional: Positional) -> String {
    let many = positional.count.upperBound > 1 ? "…" : ""
    let word = positional.placeholder + many
    return positional.count.lowerBound == 0 ? "[\(word)]" : word
  }
}

/// Lays out help in two columns within the style's width.
private struct HelpPage {
  let style: TextStyle
  private(set) var text = ""

  /// Wider lines are hard to read, narrower terminals wrap on their own.
  private var columns: Int { min(max(style.columns, 60), 96) }
  private let entryColumns = 30

  init(style: TextStyle) {
    self.style = style
  }

  mutating func paragraph(_ sentence: String) {
    for line in wrapped(plainIfNeeded(sentence), columns: columns) { text += line + "\n" }
  }

  mutating func usage(_ line: String) {
    text += "\n" + style.apply(.bold, "Usage:") + " " + plainIfNeeded(line) + "\n"
  }

  mutating func title(_ title: String) {
    text += "\n" + style.apply(.bold, title) + "\n"
  }

  mutating func blank() { text += "\n" }

  mutating func literal(_ line: String) { text += plainIfNeeded(line) + "\n" }

  mutating func entry(_ term: String, _ explanation: String) {
    let term = "  " + plainIfNeeded(term)
    let lines = wrapped(plainIfNeeded(explanation), columns: columns - entryColumns)
    var rest = lines[...]
    if columnCount(of: term) + 2 <= entryColumns, let first = rest.popFirst() {
      text += padded(term, columns: entryColumns) + first + "\n"
    } else {
      text += term + "\n"
    }
    for line in rest { text += String(repeating: " ", count: entryColumns) + line + "\n" }
  }

  private func plainIfNeeded(_ line: String) -> String {
    style.unicode ? line : line.replacing("…", with: "...")
  }
}
