import Options

/// One option of a command: `--name VALUE`, `TL_NAME` in the environment, `name = VALUE` in a
/// configuration file.
public struct Option<Value: Sendable>: Sendable {
  public let declaration: OptionDeclaration
  let reader: ValueReader<Value>
  let fallback: Value

  /// - Parameters:
  ///   - name: without dashes.
  ///   - fallback: the value where none is given.
  ///   - fallbackText: the default as the help shows it; empty where there is none to show.
  ///   - bareValue: the text that the option means where it stands without a value.
  ///   - summary: what it is for, in a sentence without capital and full stop.
  public init(
    _ name: String, _ reader: ValueReader<Value>, default fallback: Value,
    shown fallbackText: String,
    bareValue: String? = nil, _ summary: String
  ) {
    self.reader = reader
    self.fallback = fallback
    declaration = OptionDeclaration(
      name, reader, shown: fallbackText, bareValue: bareValue, summary)
  }

  /// An option that may be left out.
  public init<Wrapped>(_ name: String, _ reader: ValueReader<Wrapped>, _ summary: String)
  where Value == Wrapped? {
    self.init(name, reader.optional, default: nil, shown: "", summary)
  }
}

extension Option where Value: CustomStringConvertible {
  public init(
    _ name: String, _ reader: ValueReader<Value>, default fallback: Value, _ summary: String
  ) {
    self.init(name, reader, default: fallback, shown: fallback.description, summary)
  }
}

extension Option where Value == Bool {
  /// A flag: no unless given.
  public init(flag name: String, _ summary: String) {
    self.init(name, .yesOrNo, default: false, shown: "", bareValue: "yes", summary)
  }
}

/// Options that belong together in the help.
public struct OptionGroup: Sendable {
  public let title: String
  public let options: [OptionDeclaration]

  public init(_ title: String, _ options: [OptionDeclaration]) {
    self.title = title
    self.options = options
  }
}

/// Arguments of a command that aren't options.
public struct Positional: Sendable {
  /// As the usage line shows it, such as `HOST:PORT`.
  public let placeholder: String
  public let summary: String
  /// How many there may be.
  public let count: ClosedRange<Int>
  /// What may be meant, for completions.
  public let words: [String]

  public init(
    _ placeholder: String, count: ClosedRange<Int> = 1...1, words: [String] = [], _ summary: String
  ) {
    self.placeholder = placeholder
    self.count = count
    self.words = words
    self.summary = summary
  }
}

/// One thing that a program does: `tl-coord start`.
public struct Command: Sendable {
  public let name: String
  public let summary: String
  public let positional: Positional?
  public let groups: [OptionGroup]
  /// Whether `--config` names a file with values for its options.
  public let readsConfiguration: Bool
  /// The option that people mean who give an argument where there is none to give; without dashes.
  public let strayOption: String?
  /// Lines at the end of its help: an example, a word on results.
  public let notes: [String]

  public init(
    _ name: String, _ summary: String, positional: Positional? = nil, groups: [OptionGroup] = [],
    readsConfiguration: Bool = false, strayOption: String? = nil, notes: [String] = []
  ) {
    self.name = name
    self.summary = summary
    self.positional = positional
    self.readsConfiguration = readsConfiguration
    self.strayOption = strayOption
    self.notes = notes
    self.groups =
      readsConfiguration
      ? groups + [OptionGroup("Configuration", [configurationOption.declaration])] : groups
    let names = options.map(\.name)
    precondition(Set(names).count == names.count, "an option of '\(name)' is declared twice")
  }

  var options: [OptionDeclaration] { groups.flatMap(\.options) }
}

/// A variable of the environment that belongs to no option.
public struct EnvironmentVariable: Sendable {
  public let name: String
  public let summary: String
  /// The words it may hold; any where there are none.
  public let choices: [String]

  public init(_ name: String, choices: [String] = [], _ summary: String) {
    self.name = name
    self.choices = choices
    self.summary = summary
  }
}

/// A program and what it can do.
public struct Program: Sendable {
  public let name: String
  public let version: String
  public let summary: String
  public let commands: [Command]
  /// Further variables of the environment that it understands, with what they are for.
  public let environment: [EnvironmentVariable]

  public init(
    name: String, version: String, summary: String, commands: [Command],
    environment: [EnvironmentVariable] = []
  ) {
    self.name = name
    self.version = version
    self.summary = summary
    self.commands = commands
    self.environment = environment
  }
}

let configurationOption = Option<String?>(
  "config", .text("FILE"), "read options from FILE, one 'name = value' a line")
