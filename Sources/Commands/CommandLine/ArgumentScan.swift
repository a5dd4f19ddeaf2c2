import Files
import Options

/// Walks over the arguments of one command, one at a time.
struct ArgumentScan {
  let program: String
  let command: Command
  private(set) var given: [String: String] = [:]
  private(set) var arguments: [String] = []
  private(set) var wantsHelp = false
  private(set) var wantsVersion = false
  private var state = State.ready

  private enum State {
    /// The next argument is an option or an argument of its own. Goes anywhere.
    case ready
    /// The last option waits for its value; without `required` it may do without. Goes to ready.
    case awaitingValue(OptionDeclaration, required: Bool)
    /// After `--`: all that follows are arguments. Stays.
    case literal
  }

  init(program: String, command: Command) {
    self.program = program
    self.command = command
  }

  /// - Parameter isUTF8: whether the text is what was given.
  mutating func take(_ argument: String, isUTF8: Bool = true) throws(CommandLineError) {
    guard isUTF8 || isOneOfMany(argument) else {
      throw CommandLineError(
        .usage, "the argument '\(printable(argument))' is not UTF-8",
        advice:
          "Names of files and folders must be: rename it, or make a link to it that has such a name."
      )
    }
    if case .awaitingValue(let option, let required) = state {
      state = .ready
      // "-1" is a value out of range, "--epochs" is an option whose predecessor lacks a value.
      let isValue = required ? !argument.hasPrefix("--") : !argument.hasPrefix("-")
      if isValue { return try set(option, to: argument) }
      if required { throw lacksValue(option) }
      try set(option, to: option.bareValue ?? "")
    }
    if case .literal = state {
      arguments.append(argument)
      return
    }
    switch argument {
    case "--": state = .literal
    case "--help", "-h": wantsHelp = true
    case "--version", "-V": wantsVersion = true
    case _ where argument.hasPrefix("-") && argument != "-": try takeOption(argument)
    default: arguments.append(argument)
    }
  }

  /// Whether it is an argument of its own beside others, each of which is told of where it is nothing.
  private func isOneOfMany(_ argument: String) -> Bool {
    if case .awaitingValue(_, required: true) = state { return false }
    return !argument.hasPrefix("-") && (command.positional?.count.upperBound ?? 0) > 1
  }

  mutating func finish() throws(CommandLineError) {
    if case .awaitingValue(let option, let required) = state {
      state = .ready
      if required { throw lacksValue(option) }
      try set(option, to: option.bareValue ?? "")
    }
    let allowed = command.positional?.count ?? 0...0
    if arguments.count > allowed.upperBound {
      let extra = arguments[allowed.upperBound]
      throw CommandLineError(
        .usage, "'\(program) \(command.name)' can't use the argument '\(printable(extra))'",
        advice: joined(option(meantBy: extra).map { "Did you mean '\($0)'?" } ?? "", helpAdvice))
    }
    if arguments.count < allowed.lowerBound, let positional = command.positional {
      throw CommandLineError(
        .usage, "'\(program) \(command.name)' needs \(positional.placeholder)",
        advice: "\(positional.placeholder): \(positional.summary). \(helpAdvice)")
    }
  }

  /// What was meant by an argument that the command has no use for; nil where there is no telling.
  private func option(meantBy extra: String) -> String? {
    let stray = command.strayOption.map { "--\($0) \(shellWord(extra))" }
    if stray != nil, isFolder(extra) { return stray }
    return suggestion(for: extra, among: command.options.map(\.name)).map { "--\($0)" } ?? stray
  }

  private mutating func takeOption(_ argument: String) throws(CommandLineError) {
    let body = argument.drop { $0 == "-" }
    let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? ""
    guard argument.hasPrefix("--"), let option = command.options.first(where: { $0.name == name })
    else {
      let near = suggestion(for: name, among: command.options.map(\.name))
      throw CommandLineError(
        .usage,
        "'\(program) \(command.name)' has no option '\(printable(argument.hasPrefix("--") ? "--" + name : argument))'",
        advice: joined(near.map { "Did you mean '--\($0)'?" } ?? "", helpAdvice))
    }
    if parts.count == 2 { return try set(option, to: String(parts[1])) }
    if let bare = option.bareValue, option.isSwitch { return try set(option, to: bare) }
    state = .awaitingValue(option, required: option.bareValue == nil)
  }

  private mutating func set(_ option: OptionDeclaration, to text: String) throws(CommandLineError) {
    try check(text, for: option, as: "'--\(option.name)'", .usage)
    // The last one counts, so that a script's options can be overridden after them.
    given[option.name] = text
  }

  private func lacksValue(_ option: OptionDeclaration) -> CommandLineError {
    CommandLineError(
      .usage, "'--\(option.name)' needs \(option.expectation)",
      advice: "Write '--\(option.name) \(option.placeholder)'.")
  }

  private var helpAdvice: String { "'\(program) \(command.name) --help' lists what there is." }
}
