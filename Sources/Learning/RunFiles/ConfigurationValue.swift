import Images
import Manifest
import MobileNet
import Training

/// A value of an option that `config.json` and checkpoints keep.
public protocol ConfigurationValue: Equatable, Sendable {
  var json: JSONValue { get }

  /// The text that the command line would have; nil where the JSON value is of another kind.
  static func text(_ json: JSONValue) -> String?
}

extension FixedWidthInteger where Self: ConfigurationValue {
  public var json: JSONValue { .integer(self) }
  public static func text(_ json: JSONValue) -> String? { json.digits }
}

extension Int: ConfigurationValue {}
extension UInt64: ConfigurationValue {}

extension Double: ConfigurationValue {
  public var json: JSONValue { .double(self) }
  public static func text(_ json: JSONValue) -> String? { json.digits }
}

extension Bool: ConfigurationValue {
  public var json: JSONValue { .boolean(self) }
  public static func text(_ json: JSONValue) -> String? { json.boolean.map { $0 ? "yes" : "no" } }
}

extension String: ConfigurationValue {
  public var json: JSONValue { .string(self) }
  public static func text(_ json: JSONValue) -> String? { json.string }
}

extension RawRepresentable<String> where Self: ConfigurationValue {
  public var json: JSONValue { .string(rawValue) }
  public static func text(_ json: JSONValue) -> String? { json.string }
}

extension Dataset.Reading: ConfigurationValue {}
extension Fit: ConfigurationValue {}
extension ClassWeighting: ConfigurationValue {}
extension Optimizer: ConfigurationValue {}
extension Schedule: ConfigurationValue {}
extension Precision: ConfigurationValue {}
extension Preprocess: ConfigurationValue {}
extension ProgressStyle: ConfigurationValue {}

extension JSONValue {
  /// Of a number, as they stand in the text.
  fileprivate var digits: String? {
    guard case .number(let digits) = self else { return nil }
    return digits
  }
}
