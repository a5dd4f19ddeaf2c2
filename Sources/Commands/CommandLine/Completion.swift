import Options

/// What a shell may offer in the place of a value.
struct Offer: Equatable {
  /// Words to choose from.
  var words: [String] = []
  /// Whether names of files and folders are values as well.
  var files = false
  /// Whether names of runs are: of the folders in that of all runs.
  var runs = false

  var isEmpty: Bool { words.isEmpty && !files && !runs }
}

extension OptionDeclaration {
  var offer: Offer { choices.isEmpty ? Offer(placeholder: placeholder) : Offer(words: choices) }
  /// Whether it may stand without a value and takes one all the same.
  var isValueOptional: Bool { bareValue != nil && !isSwitch }
}

extension Positional {
  var offer: Offer {
    var offer = Offer(placeholder: placeholder)
    offer.words += words
    return offer
  }
}

extension Offer {
  /// What stands for files and folders in placeholders; a run may be named by its folder.
  private static let filePlaceholders = ["FILE", "DIR", "IMAGE", "CHECKPOINT", "RUN"]

  /// Reads a placeholder as people do: `DIR|off` is a folder, or the word "off".
  init(placeholder: String) {
    for part in placeholder.split(whereSeparator: { $0 == "|" || $0 == " " }) {
      let name = part.prefix { $0.isLetter && $0.isASCII }
      if name == "RUN" { runs = true }
      if Offer.filePlaceholders.contains(String(name)) {
        files = true
      } else if part.allSatisfy({ $0.isLowercase || $0 == "-" }), part.first?.isLetter == true {
        words.append(String(part))
      }
    }
  }
}

/// The shells that completions are made for.
enum Shell: String, CaseIterable {
  case bash, zsh, fish

  /// All of them, as words to choose from.
  static var words: String { allCases.map(\.rawValue).joined(separator: " ") }
}

extension Program {
  /// A script that teaches a shell to complete this program's commands, options and values: made from
  /// the table that parses them, so that it can't say anything else.
  func completion(for shell: Shell) -> String {
    switch shell {
    case .bash: bashCompletion()
    case .zsh: zshCompletion()
    case .fish: fishCompletion()
    }
  }

  /// The commands, and the words that every program knows.
  var completionCommands: [(name: String, summary: String)] {
    commands.map { ($0.name, $0.summary) } + [
      ("help", "explain a command"), ("version", "print the version"),
      ("completion", "print completions for a shell"),
    ]
  }

  /// The name as shells allow it for a function.
  var functionName: String { "_" + name.replacing("-", with: "_") }

  /// What `completion SHELL` prints.
  func completion(_ arguments: ArraySlice<String>) throws(CommandLineError) -> String {
    let names = Shell.allCases.map(\.rawValue)
    guard let word = arguments.first else {
      throw CommandLineError(
        .usage, "'\(name) completion' needs the name of a shell",
        advice: "There are completions for \(names.joined(separator: ", ")).")
    }
    guard !["-h", "--help"].contains(word) else {
      return "Usage: \(name) completion \(names.joined(separator: "|"))\n\n"
        + "Prints what teaches the shell to complete commands, options and values; docs/INSTALL.md says "
        + "where to put it.\n"
    }
    guard let shell = Shell(rawValue: word), arguments.count == 1 else {
      throw CommandLineError(
        .usage, "there are no completions for '\(printable(arguments.joined(separator: " ")))'",
        advice: joined(
          didYouMean(word, among: names),
          "There are completions for \(names.joined(separator: ", "))."))
    }
    return completion(for: shell)
  }
}
