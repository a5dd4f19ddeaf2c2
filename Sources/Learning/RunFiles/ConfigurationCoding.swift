import Digest
import Options

extension RunConfiguration {
  /// Raised when a field changes its meaning; a higher one is refused.
  public static let formatVersion = 1
  /// Larger than any configuration.
  static let byteCountMax = 1 << 20

  /// The content of `config.json`: each option with its value and where it came from.
  public func encoded() -> [UInt8] {
    var members = [JSONValue.Member("format_version", .integer(Self.formatVersion))]
    if let inputs { members += inputs.members }
    if let preparation { members.append(.init("backbone_preparation", .string(preparation))) }
    if let predecessor { members.append(.init("from", predecessor.json)) }
    let options = RunOption.all.map { option in
      JSONValue.Member(
        option.name,
        .object([
          .init("value", option.json(self)),
          .init("from", .string((origins[option.name] ?? .default).rawValue)),
        ]))
    }
    members.append(.init("options", .object(options)))
    return Array(JSONValue.object(members).encodedForPeople.utf8)
  }

  /// Reads what `encoded` wrote. An option that is missing keeps its default; one that is unknown,
  /// and a value that isn't allowed, is refused by name. One that is no more is passed over.
  public init(decoding bytes: [UInt8], path: String) throws(RunFilesError) {
    func refusal(_ reason: String) -> RunFilesError {
      RunFilesError(
        .configuration, "\(path): \(reason); restore the file, or start a run of another name")
    }
    let root: JSONValue
    do { root = try JSONValue(decoding: bytes) } catch { throw refusal("not JSON: \(error)") }
    guard let version = root["format_version"]?.integer(as: Int.self), version >= 1 else {
      throw refusal("no format_version")
    }
    guard version <= Self.formatVersion else {
      throw RunFilesError(
        .configuration,
        "\(path) has format version \(version), and this program knows \(Self.formatVersion); "
          + "use the newer program that wrote it")
    }
    let known = [
      "format_version", "manifest_sha256", "backbone_sha256", "preprocessing_version",
      "start_head_sha256", "backbone_preparation", "from", "options",
    ]
    for member in root.members ?? [] where !known.contains(member.name) {
      throw refusal("unknown member '\(member.name)'")
    }
    guard let options = root["options"]?.members else { throw refusal("no options") }
    self.init()
    for option in options where option.name != RunOption.retired {
      guard let known = RunOption.named(option.name) else {
        throw refusal("unknown option '\(option.name)'")
      }
      for member in option.value.members ?? [] where !["value", "from"].contains(member.name) {
        throw refusal("unknown member '\(member.name)' of option '\(option.name)'")
      }
      let value = option.value["value"] ?? .null
      guard known.set(&self, to: value) else { throw refusal(known.refusal(of: value).description) }
      guard let origin = Origin(rawValue: option.value["from"]?.string ?? "") else {
        throw refusal("option '\(option.name)' doesn't say where it is from")
      }
      if origin != .default { origins[option.name] = origin }
    }
    inputs = try Self.inputs(root, refusal)
    if let text = root["backbone_preparation"] {
      preparation = text.string
      guard preparation != nil else { throw refusal("backbone_preparation is no text") }
    }
    if let from = root["from"] {
      predecessor = Predecessor(from)
      guard predecessor != nil, inputs?.startHead != nil else {
        throw refusal("'from' doesn't say which head the run began with")
      }
    }
    guard inputs?.startHead == nil || predecessor != nil else {
      throw refusal("start_head_sha256 stands without 'from'")
    }
    do { try validate() } catch { throw refusal(error.description) }
  }

  private static func inputs(
    _ root: JSONValue, _ refusal: (String) -> RunFilesError
  ) throws(RunFilesError) -> RunInputs? {
    let texts = (root["manifest_sha256"], root["backbone_sha256"])
    if texts.0 == nil && texts.1 == nil { return nil }
    guard let manifest = texts.0?.string.flatMap({ ContentDigest(hex: $0) }),
      let backbone = texts.1?.string.flatMap({ ContentDigest(hex: $0) })
    else { throw refusal("manifest_sha256 and backbone_sha256 must be 64 hexadecimal digits") }
    let version = root["preprocessing_version"] ?? .integer(0)
    guard let version = version.integer(as: UInt32.self) else {
      throw refusal("preprocessing_version is no number")
    }
    let startHead = root["start_head_sha256"].map { $0.string.flatMap { ContentDigest(hex: $0) } }
    if case .some(nil) = startHead {
      throw refusal("start_head_sha256 must be 64 hexadecimal digits")
    }
    return RunInputs(
      manifest: manifest, backbone: backbone, preprocessingVersion: version,
      startHead: startHead ?? nil)
  }

  /// The options that decide the answer, as a checkpoint keeps them.
  var answerOptions: JSONValue {
    .object(
      RunOption.all.filter { $0.role.decidesHead }.map {
        JSONValue.Member($0.name, $0.json(self))
      })
  }
}
