import Options

extension Program {
  func zshCompletion() -> String {
    let described = completionCommands.map { command in
      "    " + quoted("\(command.name):\(command.summary.replacing(":", with: "\\:"))")
    }
    return """
      #compdef \(name)
      # Completion of \(name) for zsh, made by '\(name) completion zsh'.
      \(functionName)() {
        local -a commands=(
      \(described.joined(separator: "\n"))
        )
        if ((CURRENT == 2)); then
          _describe command commands
          return
        fi
        local command=$words[2]
        shift words
        ((CURRENT--))
        case $command in
          help) _describe command commands ;;
          completion) compadd \(Shell.words) ;;
      \(commands.map(zshCase).joined(separator: "\n"))
        esac
      }
      if [[ $funcstack[1] == \(functionName) ]]; then
        \(functionName) "$@"
      else
        compdef \(functionName) \(name)
      fi

      """
  }

  private func zshCase(_ command: Command) -> String {
    var specifications = command.options.map(zshOption)
    specifications.append(quoted("--help[explain this command]"))
    if let positional = command.positional {
      let place = positional.count.upperBound == 1 ? "1" : "*"
      let message = plain(positional.placeholder)
      specifications.append(quoted("\(place):\(message):\(zshAction(positional.offer))"))
    }
    return "    \(command.name)) _arguments -S \\\n      "
      + specifications.joined(separator: " \\\n      ") + " ;;"
  }

  private func zshOption(_ option: OptionDeclaration) -> String {
    let explanation = "[" + bracketed(option.summary) + "]"
    if option.isSwitch { return quoted("--\(option.name)\(explanation)") }
    let colon = option.isValueOptional ? "::" : ":"
    return quoted(
      "--\(option.name)=\(explanation)\(colon)\(plain(option.placeholder)):\(zshAction(option.offer))"
    )
  }

  private func zshAction(_ offer: Offer) -> String {
    let words = offer.words.joined(separator: " ")
    if offer.runs {
      // Colons would end the action.
      return #"{_files; compadd -- "# + words + #" ${TL_RUNS\:-runs}/*(/N\:t)}"#
    }
    if offer.files { return words.isEmpty ? "_files" : "{_files; compadd \(words)}" }
    return words.isEmpty ? " " : "(\(words))"
  }

  private func plain(_ text: String) -> String { text.replacing(":", with: "\\:") }

  private func bracketed(_ text: String) -> String {
    text.replacing("[", with: "\\[").replacing("]", with: "\\]")
  }

  private func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
