import Options

extension Program {
  func bashCompletion() -> String {
    """
    # Completion of \(name) for bash, made by '\(name) completion bash'.
    \(functionName)() {
      local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words='' files=''
      COMPREPLY=()
      # To bash, --name=value is three words.
      if [[ $word == = ]]; then
        word=''
      elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
      fi
      if ((COMP_CWORD == 1)); then
        words='\(completionCommands.map(\.name).joined(separator: " "))'
      else
        case "${COMP_WORDS[1]} $before" in
          'completion '*) words='\(Shell.words)' ;;
          'help '*) words='\(commands.map(\.name).joined(separator: " "))' ;;
    \(commands.flatMap(bashValues).joined(separator: "\n"))
        esac
        if [[ -z $words$files ]]; then
          case "${COMP_WORDS[1]}$([[ $word == -* ]] && echo ' -')" in
    \(commands.flatMap(bashWords).joined(separator: "\n"))
          esac
        fi
      fi
      if [[ -n $files ]]; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -W "$words" -f -- "$word")
      else
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
      fi
    }
    complete -F \(functionName) \(name)

    """
  }

  /// The cases of a command's options that take a value.
  private func bashValues(_ command: Command) -> [String] {
    command.options.filter { !$0.isSwitch }.map { option in
      let pattern = "'\(command.name) --\(option.name)'"
      let offer = option.offer
      if option.isValueOptional {
        return "      \(pattern)) [[ $word == -* ]] || { \(assignments(offer)); } ;;"
      }
      return "      \(pattern)) \(offer.isEmpty ? "return" : assignments(offer)) ;;"
    }
  }

  /// The cases of a command's options and further arguments.
  private func bashWords(_ command: Command) -> [String] {
    let names = (command.options.map(\.name) + ["help"]).map { "--\($0)" }
    var cases = ["        '\(command.name) -') words='\(names.joined(separator: " "))' ;;"]
    if let offer = command.positional?.offer, !offer.isEmpty {
      cases.append("        \(command.name)) \(assignments(offer)) ;;")
    }
    return cases
  }

  private func assignments(_ offer: Offer) -> String {
    var parts: [String] = []
    let runs = offer.runs ? "$(ls -- \"${TL_RUNS:-runs}\" 2>/dev/null)" : ""
    let words = offer.words.joined(separator: " ")
    if !words.isEmpty || offer.runs {
      parts.append(offer.runs ? "words=\"\(words) \(runs)\"" : "words='\(words)'")
    }
    if offer.files { parts.append("files=yes") }
    return parts.isEmpty ? ":" : parts.joined(separator: " ")
  }
}
