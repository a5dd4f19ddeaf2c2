import Digest

/// The run whose head another began with: what is told of it. What decides is the head that this one
/// began with, whose digest is among its inputs.
public struct Predecessor: Hashable, Sendable {
  /// Its name, as it was then.
  public var run: String
  /// Its epochs that were over.
  public var epoch: Int
  /// Its steps that were complete.
  public var step: UInt64
  /// Of its head.
  public var head: ContentDigest

  public init(run: String, epoch: Int, step: UInt64, head: ContentDigest) {
    self.run = run
    self.epoch = epoch
    self.step = step
    self.head = head
  }
}

extension Predecessor: CustomStringConvertible {
  public var description: String {
    "run '\(run)' after \(epoch == 1 ? "1 epoch" : "\(epoch) epochs") (step \(step))"
  }
}

extension Predecessor {
  private static let names = ["run", "epoch", "step", "head_sha256"]

  var json: JSONValue {
    .object([
      .init("run", .string(run)), .init("epoch", .integer(epoch)),
      .init("step", .integer(step)), .init("head_sha256", .string("\(head)")),
    ])
  }

  /// Nil where it isn't what `json` gives.
  init?(_ json: JSONValue) {
    guard let members = json.members, members.map(\.name) == Self.names,
      let run = json["run"]?.string, RunDirectory.isUsable(name: run),
      let epoch = json["epoch"]?.integer(as: Int.self), (0..<1 << 31).contains(epoch),
      let step = json["step"]?.integer(as: UInt64.self),
      let head = json["head_sha256"]?.string.flatMap({ ContentDigest(hex: $0) })
    else { return nil }
    self.init(run: run, epoch: epoch, step: step, head: head)
  }
}

extension RunConfiguration {
  /// Keeps the options for a new run, and nothing that only this one is.
  public mutating func beginAnew() {
    run = ""
    origins[RunOption.nameOfRun] = nil
    inputs = nil
    predecessor = nil
    preparation = nil
  }

  /// Throws, naming every difference, where the head of this run means nothing in `other`: where its
  /// features are others.
  public func checkFeatures(of other: RunConfiguration) throws(RunFilesError) {
    let differences = RunOption.all.filter { option in
      option.role == .decidesFeatures && option.json(self) != option.json(other)
    }
    guard !differences.isEmpty else { return }
    let list = differences.map { option in
      "\(option.name) is \(option.value(in: self)) there and \(option.value(in: other)) here"
    }
    let options = differences.map { "--\($0.name)" }.joined(separator: ", ")
    throw RunFilesError(
      .configuration,
      "a run can't start from run '\(run)' with other features than its head knows: "
        + "\(list.joined(separator: "; ")). Leave \(options) out, which takes what that run has, or "
        + "leave --from out and train from the beginning")
  }
}
