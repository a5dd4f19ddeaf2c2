import Files
import Images

/// Something about a dataset that its owner should know and that doesn't prevent training.
public struct Finding: Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case outsideClasses
    /// It begins like no picture that is read; what it is, where that is known.
    case notAPicture(ForeignFormat?)
    case empty
    case tooLarge
    case notAFile
    case unreadable(errorNumber: Int32)
    case unacceptableName
    /// Programs that know names as text can't open it.
    case nameNotUTF8
    /// A folder that isn't looked into because of its name.
    case closedFolder(isUTF8: Bool)
    case loop
    /// It begins like a picture, and the decoder says why it can't be decoded.
    case undecodable(String)
    /// The same content lies in other classes too, so that its class is unknown: all copies.
    case severalClasses(others: [String])
    /// The same content as a file that validates or tests.
    case leak(of: String, Part)
    /// A list of labels names it, and it isn't there, or several files may be meant.
    case noSuchFile(list: String, line: Int)
    case severalFiles(list: String, line: Int)
    /// A list gives it several labels, or several parts.
    case severalLabels([String])
    /// The same content as another file of its class, which is kept.
    case duplicate(of: String)
  }

  /// As people may look for it: relative to the dataset's folder where it lies in that.
  public let path: String
  public let reason: Reason
  /// The classes that its place or a list gives it; of a photograph in several classes, those of all its
  /// copies. Empty where no class is the poorer for it.
  public let classes: [String]

  public init(path: String, reason: Reason, classes: [String] = []) {
    self.path = path
    self.reason = reason
    self.classes = classes
  }

  /// Whether the file is no sample of the dataset.
  public var isLeftOut: Bool {
    if case .duplicate = reason { false } else { true }
  }

  public var description: String {
    let name = RelativePath.quoted(path)
    return switch reason {
    case .closedFolder(let isUTF8):
      "\(name) is left out with all that is in it: "
        + (isUTF8 ? "its name is too long or has control characters" : ForeignName.problem)
    case .outsideClasses: "\(name) is left out: it lies in no class's subfolder"
    case .notAPicture(let foreign?): "\(name) is left out: \(foreign)"
    case .notAPicture(nil):
      "\(name) is left out: it is no picture of a kind that is read (\(ImageFormat.list))"
    case .empty: "\(name) is left out: it is empty"
    case .tooLarge:
      "\(name) is left out: it is larger than \(ManifestLimits.fileBytesMax >> 20) MiB"
    case .notAFile: "\(name) is left out: it is neither a file nor a folder"
    case .unreadable(let number):
      "\(name) is left out: \(SystemError.reason(number))"
    case .unacceptableName:
      "\(name) is left out: its name is too long or has control characters"
    case .nameNotUTF8: "\(name) is left out: \(ForeignName.problem)"
    case .loop: "\(name) is left out: it leads back to a folder above it"
    case .undecodable(let reason): "\(name) is left out: \(reason)"
    case .severalClasses(let others):
      "the same photograph lies in several classes, so its label is unknown, and all copies are "
        + "left out: " + ([path] + others).map { RelativePath.quoted($0) }.joined(separator: " = ")
    case .leak(let other, let part):
      "\(name) is left out: it is also in \(part == .test ? "test" : "validation"), as "
        + RelativePath.quoted(other)
    case .noSuchFile(let list, let line):
      "\(name) is left out: line \(line) of \(RelativePath.quoted(list)) names it, and there is no "
        + "such file"
    case .severalFiles(let list, let line):
      "\(name) is left out: line \(line) of \(RelativePath.quoted(list)) names it, and several files "
        + "have this name: give their paths"
    case .severalLabels(let labels):
      "\(name) is left out: it is listed as "
        + labels.map { RelativePath.quoted($0) }.joined(separator: " and as ")
    case .duplicate(let other): "\(name) has the same content as \(RelativePath.quoted(other))"
    }
  }
}

extension Finding {
  /// One sentence about all findings of a kind.
  public struct Summary: Equatable, Sendable {
    /// Names the first few.
    public let text: String
    /// Every one of them.
    public let findings: [Finding]

    public init(text: String, findings: [Finding]) {
      self.text = text
      self.findings = findings
    }
  }

  /// How many a summary names.
  private static let namedMax = 3

  /// In the order of their kinds; of each kind in the order given.
  public static func summaries(of findings: [Finding]) -> [Summary] {
    Kind.allCases.compactMap { kind in
      let own = findings.filter { $0.kind == kind }
      guard let first = own.first else { return nil }
      if own.count == 1 { return Summary(text: first.description, findings: own) }
      let names = own.prefix(namedMax).map(\.shortName).joined(separator: ", ")
      let more = own.count > namedMax ? ", ..." : ""
      return Summary(text: "\(kind.sentence(own)): \(names)\(more)", findings: own)
    }
  }

  /// How many are told of where a class has too few photographs.
  private static let sentencesMax = 20

  /// A sentence on each of those that make one of the classes the poorer, as far as anybody reads on.
  static func sentences(on findings: [Finding], in classes: [String]) -> [String] {
    let own = findings.filter { !Set(classes).isDisjoint(with: $0.classes) }
    let more = own.count - sentencesMax
    return own.prefix(sentencesMax).map(\.description) + (more > 0 ? ["... and \(more) more"] : [])
  }

  /// Whether it is what a class's folder holds and is no photograph, or none that can be decoded.
  var isUnusable: Bool { kind == .unusable || kind == .misnamed }

  private enum Kind: CaseIterable {
    case severalClasses, severalLabels, leak, missing, unusable, misnamed, outside, duplicate

    func sentence(_ findings: [Finding]) -> String {
      switch self {
      case .severalClasses:
        "\(findings.count) photographs lie in several classes, so their labels are unknown, and all "
          + "\(findings.reduce(0) { $0 + $1.copyCount }) copies are left out"
      case .severalLabels:
        "\(findings.count) photographs are listed several times with different labels, and are left out"
      case .missing: "\(findings.count) files that are listed are not there"
      case .leak:
        "\(findings.count) photographs lie in validation or test as well and are left out of "
          + "training"
      case .unusable:
        "\(findings.count) files are no photographs that can be decoded and are left out"
      case .misnamed:
        "\(findings.count) files or folders have names that aren't UTF-8, are too long or have control "
          + "characters, and are left out with all that is in them (rename them; convmv does that for "
          + "whole folders)"
      case .outside: "\(findings.count) photographs lie in no class's subfolder and are left out"
      case .duplicate: "\(findings.count) photographs are copies of others in their class"
      }
    }
  }

  private var kind: Kind {
    switch reason {
    case .severalClasses: .severalClasses
    case .severalLabels: .severalLabels
    case .noSuchFile, .severalFiles: .missing
    case .leak: .leak
    case .outsideClasses: .outside
    case .duplicate: .duplicate
    case .unacceptableName, .nameNotUTF8, .closedFolder: .misnamed
    case .undecodable, .notAPicture, .empty, .tooLarge, .notAFile, .unreadable, .loop: .unusable
    }
  }

  private var copyCount: Int {
    if case .severalClasses(let others) = reason { 1 + others.count } else { 1 }
  }

  private var shortName: String {
    switch reason {
    case .severalClasses(let others):
      ([path] + others).map { RelativePath.quoted($0) }.joined(separator: " = ")
    case .leak(let other, _), .duplicate(let other):
      "\(RelativePath.quoted(path)) = \(RelativePath.quoted(other))"
    default: RelativePath.quoted(path)
    }
  }
}
