import Options

extension Program {
  func fishCompletion() -> String {
    var lines = [
      "# Completion of \(name) for fish, made by '\(name) completion fish'.",
      "complete -c \(name) -f",
    ]
    for command in completionCommands {
      lines.append(
        "complete -c \(name) -n __fish_use_subcommand -a \(command.name) -d \(quoted(command.summary))"
      )
    }
    let names = commands.map(\.name).joined(separator: " ")
    lines.append("complete -c \(name) -n '__fish_seen_subcommand_from help' -a \(quoted(names))")
    lines.append(
      "complete -c \(name) -n '__fish_seen_subcommand_from completion' -a \(quoted(Shell.words))")
    for command in commands {
      let start = "complete -c \(name) -n '__fish_seen_subcommand_from \(command.name)'"
      if let offer = command.positional?.offer, !offer.isEmpty {
        lines.append(start + words(offer))
      }
      for option in command.options {
        lines.append(start + " -l \(option.name)" + value(option) + " -d \(quoted(option.summary))")
      }
      lines.append(start + " -l help -d 'explain this command'")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The value that an option takes; fish has no word for one that may be left out but "=".
  private func value(_ option: OptionDeclaration) -> String {
    option.isSwitch || option.isValueOptional ? "" : " -r" + words(option.offer)
  }

  private func words(_ offer: Offer) -> String {
    let runs =
      offer.runs ? ["(ls (set -q TL_RUNS; and echo $TL_RUNS; or echo runs) 2>/dev/null)"] : []
    let words = (offer.words + runs).joined(separator: " ")
    return (offer.files ? " -F" : " -f") + (words.isEmpty ? "" : " -a \(quoted(words))")
  }

  private func quoted(_ text: String) -> String {
    "'" + text.replacing("\\", with: "\\\\").replacing("'", with: "\\'") + "'"
  }
}
