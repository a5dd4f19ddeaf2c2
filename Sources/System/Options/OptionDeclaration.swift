/// What parsing and the help need to know of an option, whatever its type of value: `--name VALUE`
/// on the command line, `TL_NAME` in the environment, `name = VALUE` in a configuration file.
public struct OptionDeclaration: Sendable {
  /// Without dashes.
  public let name: String
  public let placeholder: String
  /// What a value must be; completes "needs …".
  public let expectation: String
  /// The words allowed, where only certain words are.
  public let choices: [String]
  /// The default as the help shows it; empty where there is none to show.
  public let fallbackText: String
  /// The text that the option means where it stands without a value.
  public let bareValue: String?
  /// A switch never takes the next argument as its value.
  public let isSwitch: Bool
  /// What it is for, in a sentence without capital and full stop.
  public let summary: String
  /// Whether a text is one of its values.
  public let accepts: @Sendable (String) -> Bool

  public init<Value>(
    _ name: String, _ reader: ValueReader<Value>, shown fallbackText: String,
    bareValue: String? = nil, _ summary: String
  ) {
    self.name = name
    placeholder = reader.placeholder
    expectation = reader.expectation
    choices = reader.choices
    self.fallbackText = fallbackText
    self.bareValue = bareValue
    isSwitch = Value.self == Bool.self
    self.summary = summary
    accepts = { reader.read($0) != nil }
  }

  /// The name of its environment variable.
  public var environmentName: String {
    "TL_" + name.uppercased().replacing("-", with: "_")
  }
}
