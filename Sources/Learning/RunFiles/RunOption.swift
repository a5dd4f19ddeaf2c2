import Options

/// An option of `tl-coord start` whose value belongs to the run: all that the command line, the
/// environment, configuration files, `config.json`, checkpoints, resuming and the help need to know
/// of it. `RunOption.all` is the table of them.
public struct RunOption: Sendable {
  /// The titles of the help, in its order.
  public enum Group: String, CaseIterable, Sendable {
    case data = "What to train on"
    case training = "How to train"
    case workers = "Who computes"
    case run = "The run"
  }

  /// What becomes of the value when the run is resumed.
  public enum Role: Sendable {
    /// Another value leads to other features, so it may not change, and a run that begins with another
    /// run's head must have the same.
    case decidesFeatures
    /// Another value leads to another head, so it may not change, but for the number of epochs where the
    /// learning rate is constant. A run that is resumed keeps it.
    case decidesAnswer
    /// Decides only how the answer is reached. A run that is resumed keeps it until another is given.
    case decidesCourse
    /// Belongs to the process: a run that is resumed begins with the default again.
    case decidesDisplay

    /// Whether another value leads to another head.
    public var decidesHead: Bool { self == .decidesFeatures || self == .decidesAnswer }
  }

  public let declaration: OptionDeclaration
  public let group: Group
  public let role: Role

  /// The property that holds its value, by which code refers to the option.
  let path: PartialKeyPath<RunConfiguration> & Sendable
  let json: @Sendable (RunConfiguration) -> JSONValue
  /// False, without any change, where the text is none of its values.
  let set: @Sendable (inout RunConfiguration, String) -> Bool
  /// As the command line would have it; nil where the value is of another kind.
  let text: @Sendable (JSONValue) -> String?
  /// Sets the default where that depends on other values.
  let settle: (@Sendable (inout RunConfiguration) -> Void)?

  public var name: String { declaration.name }

  /// - Parameters:
  ///   - path: the property that holds the value. What it has in a new configuration is the default.
  ///   - reader: reads the value's text and knows its range, which holds everywhere.
  ///   - shown: the default as the help shows it, where the value itself says too little.
  ///   - settled: the default where it depends on other values.
  ///   - summary: what it is for, in a sentence without capital and full stop.
  init<Value: ConfigurationValue>(
    _ group: Group, _ name: String, _ path: WritableKeyPath<RunConfiguration, Value> & Sendable,
    _ reader: ValueReader<Value>, _ role: Role, shown: String? = nil,
    settled: (@Sendable (RunConfiguration) -> Value)? = nil, _ summary: String
  ) {
    let isFlag = Value.self == Bool.self
    let fallback = RunConfiguration()[keyPath: path].json
    let fallbackText =
      isFlag ? "" : fallback.string ?? fallback.encoded.withoutZeroFraction
    declaration = OptionDeclaration(
      name, reader, shown: shown ?? fallbackText, bareValue: isFlag ? "yes" : nil, summary)
    self.group = group
    self.role = role
    self.path = path
    json = { $0[keyPath: path].json }
    text = { Value.text($0) }
    set = { configuration, text in
      guard let value = reader.read(text) else { return false }
      configuration[keyPath: path] = value
      return true
    }
    if let settled {
      settle = { configuration in configuration[keyPath: path] = settled(configuration) }
    } else {
      settle = nil
    }
  }

  /// The value that a run has, as the command line would have it.
  public func value(in configuration: RunConfiguration) -> String {
    let value = json(configuration)
    return (text(value) ?? value.encoded).withoutZeroFraction
  }

  /// Takes over a value that a file keeps; false, without any change, where it isn't allowed.
  func set(_ configuration: inout RunConfiguration, to value: JSONValue) -> Bool {
    guard let text = text(value) else { return false }
    return set(&configuration, text)
  }

  /// The option whose value a property holds.
  public static func holding(_ path: PartialKeyPath<RunConfiguration>) -> RunOption {
    guard let option = all.first(where: { $0.path == path }) else {
      preconditionFailure("the property \(path) belongs to no option")
    }
    return option
  }

  /// The option that names the run.
  public static var nameOfRun: String { holding(\.run).name }

  /// The option that says how long the run is.
  static var epochs: String { holding(\.epochs).name }

  static func named(_ name: String) -> RunOption? { all.first { $0.name == name } }
}

extension RunConfiguration {
  /// Takes over what was given on the command line and elsewhere, and the defaults that depend on
  /// it. A run that is resumed keeps the rest.
  ///
  /// - Parameter given: by the options' names; each text one that its option accepts.
  public mutating func take(_ given: [String: GivenValue], isResumed: Bool) {
    for option in RunOption.all {
      if option.role == .decidesDisplay {
        origins[option.name] = nil
        _ = option.set(&self, to: option.json(RunConfiguration()))
      }
      guard let value = given[option.name] else { continue }
      guard option.set(&self, value.text) else {
        preconditionFailure("the value of --\(option.name) was checked before")
      }
      origins[option.name] = value.origin
    }
    for option in RunOption.all
    where origins[option.name] == nil && !(isResumed && option.role.decidesHead) {
      option.settle?(&self)
    }
  }
}

extension String {
  /// Whole numbers as people write them: 10, not 10.0.
  fileprivate var withoutZeroFraction: String { hasSuffix(".0") ? String(dropLast(2)) : self }
}
