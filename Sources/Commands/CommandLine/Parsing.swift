import Options

/// What the command line asks for.
public enum Invocation: Sendable {
  /// To print a text: help or the version.
  case show(String)
  /// To do a command with its settings.
  case run(command: String, Settings)
}

/// The values of a command's options and its further arguments.
public struct Settings: Sendable {
  /// The arguments that are no options, in order.
  public let arguments: [String]
  /// Doubts worth a line on stderr, such as a variable of the environment that is nearly ours.
  public let warnings: [String]
  /// What was given, by the options' names; each text one that its option accepts.
  public let given: [String: GivenValue]

  /// The value of an option of this command.
  public subscript<Value>(option: Option<Value>) -> Value {
    guard let entry = given[option.declaration.name] else { return option.fallback }
    guard let value = option.reader.read(entry.text) else {
      preconditionFailure("the value of --\(option.declaration.name) was checked when parsed")
    }
    return value
  }

  /// Where the value of an option came from.
  public func origin<Value>(of option: Option<Value>) -> Origin {
    given[option.declaration.name]?.origin ?? .default
  }
}

extension Program {
  /// Reads the arguments (without the program's own name), the environment and, where a command
  /// has one, the configuration file. An option takes its value from the first of these that
  /// gives one. Throws with exit code 64 for what the arguments or the environment get wrong, 78
  /// for what the file gets wrong.
  ///
  /// - Parameters:
  ///   - notUTF8: the places of arguments whose texts aren't what was given.
  ///   - readFile: the text of a file.
  public func parse(
    _ arguments: [String], notUTF8: Set<Int> = [], environment: [String: String],
    helpStyle: TextStyle = .plain,
    readFile: (String) throws(CommandLineError) -> String = readTextFile(at:)
  ) throws(CommandLineError) -> Invocation {
    guard let first = arguments.first else {
      return .show(help(helpStyle))
    }
    switch first {
    case "--help", "-h": return .show(help(helpStyle))
    case "--version", "-V", "version": return .show("\(name) \(version)\n")
    case "help":
      guard arguments.count > 1 else { return .show(help(helpStyle)) }
      return .show(help(for: try command(named: arguments[1]), helpStyle))
    case "completion": return .show(try completion(arguments.dropFirst()))
    // What packages are made with; the help keeps to what people ask for.
    case "manual": return .show(manual())
    default: break
    }
    let command = try command(named: first)
    var scan = ArgumentScan(program: name, command: command)
    for (place, argument) in arguments.enumerated().dropFirst() {
      try scan.take(argument, isUTF8: !notUTF8.contains(place))
    }
    if scan.wantsHelp { return .show(help(for: command, helpStyle)) }
    if scan.wantsVersion { return .show("\(name) \(version)\n") }
    try scan.finish()

    var given = scan.given.mapValues { GivenValue($0, .flag) }
    var warnings: [String] = []
    try addEnvironment(environment, of: command, to: &given, &warnings)
    if command.readsConfiguration, let path = given[configurationOption.declaration.name]?.text {
      let entries = try configurationEntries(
        in: try readFile(path), named: path, program: name, command: command)
      for (name, text) in entries where given[name] == nil {
        given[name] = GivenValue(text, .file)
      }
    }
    return .run(
      command: command.name,
      Settings(arguments: scan.arguments, warnings: warnings, given: given))
  }

  private func command(named word: String) throws(CommandLineError) -> Command {
    if let command = commands.first(where: { $0.name == word }) { return command }
    let kind = word.hasPrefix("-") ? "option" : "command"
    // An option in the command's place: people forget the command more often than they invent one.
    let owner = commands.first { command in
      command.options.contains { word == "--\($0.name)" || word.hasPrefix("--\($0.name)=") }
    }
    let names = commands.map(\.name)
    let hint =
      owner.map { "It belongs to a command: '\(name) \($0.name) \(word) …'." }
      ?? didYouMean(word, among: names)
    throw CommandLineError(
      .usage, "\(name) has no \(kind) '\(printable(word))'",
      advice: joined(
        hint,
        names.count == 1
          ? "Its one command is \(names[0]); '\(name) --help' explains it."
          : "The commands are \(names.joined(separator: ", ")); '\(name) --help' explains them."))
  }

  private func addEnvironment(
    _ environment: [String: String], of command: Command,
    to given: inout [String: GivenValue], _ warnings: inout [String]
  ) throws(CommandLineError) {
    for variable in self.environment where !variable.choices.isEmpty {
      let text = environment[variable.name] ?? ""
      guard !text.isEmpty, !variable.choices.contains(text) else { continue }
      throw CommandLineError(
        .usage, "the variable \(variable.name) can't be '\(printable(text))' here",
        advice: joined(
          didYouMean(text, among: variable.choices),
          "It may be \(variable.choices.joined(separator: ", ")), or unset."))
    }
    var known = Set(self.environment.map(\.name))
    for other in commands { known.formUnion(other.options.map(\.environmentName)) }
    for option in command.options where given[option.name] == nil {
      guard let text = environment[option.environmentName], !text.isEmpty else { continue }
      try check(text, for: option, as: "the variable \(option.environmentName)", .usage)
      given[option.name] = GivenValue(text, .environment)
    }
    // What all of them begin with makes none of them nearer.
    let prefix = "TL_"
    let ours = command.options.map { String($0.environmentName.dropFirst(prefix.count)) }
    for name in environment.keys.sorted() where name.hasPrefix(prefix) && !known.contains(name) {
      guard let near = suggestion(for: String(name.dropFirst(prefix.count)), among: ours) else {
        continue
      }
      warnings.append(
        "the variable \(printable(name)) has no effect; did you mean \(prefix)\(near)?")
    }
  }
}

/// Throws where an option doesn't accept a text; `source` says who gave it.
func check(
  _ text: String, for option: OptionDeclaration, as source: String, _ exitCode: ExitCode
) throws(CommandLineError) {
  guard !option.accepts(text) else { return }
  throw CommandLineError(
    exitCode, "\(source) needs \(option.expectation), not '\(printable(text))'",
    advice: didYouMean(text, among: option.choices))
}

/// Joins the sentences that aren't empty.
func joined(_ sentences: String...) -> String {
  sentences.filter { !$0.isEmpty }.joined(separator: " ")
}
