import Digest
import Files
import Glibc

/// Why a folder is no dataset, or bytes are no manifest.
public enum ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The folder is missing, is no folder or can't be listed; with the system's error number.
  case unreadableFolder(String, errorNumber: Int32)
  /// The folder has no subfolders.
  case noClasses(folder: String)
  /// The folder has photographs and no subfolders.
  case noLabels(folder: String)
  /// The folder has a single subfolder.
  case oneClass(String, folder: String)
  /// A list of labels has a single label.
  case oneLabel(String, list: String)
  /// Classes without a single photograph to train on, and what was left out.
  case emptyClasses([String], [String])
  /// Two classes whose names differ at most in capitals and Unicode form.
  case similarClasses(ClassPlace, ClassPlace, folder: String)
  /// Validation or test folders of classes that aren't trained.
  case unknownClasses([ClassPlace], known: [String], folder: String)
  /// Folders that may be classes or the parts of a split dataset; with what to do, where options can't tell.
  case unclearLayout(folder: String, reason: String, advice: String? = nil)
  /// A part is given that the dataset has already.
  case twoParts(Part, String, within: String)
  /// Classes with one distinct content, which can't be on both sides of a split; with the numbers of
  /// all classes, and how many files each has beyond them, which are copies; with a sentence on each file
  /// of theirs that doesn't count, where that is known.
  case unsplittable(
    classNames: [String], counts: [Int], of: [String], copies: [Int], reasons: [String])
  /// A list of labels that can't be used, and why.
  case labels(String, String)
  /// Classes of which no group can validate without taking all that is trained on.
  case unpartedGroups([String])
  /// A pattern of groups that is no regular expression.
  case invalidGroup(String)
  /// A pattern of groups that doesn't come to an end with a path in reasonable time.
  case endlessGroup(String, path: String)
  /// A pattern of groups that no photograph is in a group by, with the path of one.
  case noGroups(String, example: String)
  /// The share of the validation samples is not between 0 and 1.
  case invalidFraction(Double)
  /// More folders inside each other than `ManifestLimits.depthMax`.
  case tooDeep(String)
  /// More of something than the limit.
  case tooMany(String, limit: Int)
  /// A folder or a label whose name can't be the name of a class, and where a list has it.
  case invalidClassName(String, at: String? = nil)
  /// A photograph that can't be read any more; with the system's error number.
  case unreadableFile(String, errorNumber: Int32)
  /// A photograph whose content is no longer that of the manifest.
  case changedFile(String)
  /// This machine lacks what it takes to tell whether something can be decoded; with the decoder's
  /// words.
  case undecided(String, String)
  /// More of the files are no photographs, or can't be decoded, than are left out without asking;
  /// with a sentence on each.
  case tooManyUnusable([String], fileCount: Int, shareMax: Double)
  /// Something would be left out, and nothing may be; with a sentence on each.
  case notStrict([String])
  /// Bytes that are not the encoding of a valid manifest.
  case malformed(String)
  /// The encoding of a version that is not known here.
  case unknownVersion(UInt32)

  public var description: String {
    switch self {
    case .unreadableFolder(let path, let number):
      "cannot read the folder \(quoted(path)): \(SystemError.reason(number)); give a folder with a "
        + "subfolder of photographs for each class"
    case .noClasses(let folder):
      "\(quoted(folder)) has no subfolders: put the photographs of each class into a subfolder "
        + "named after the class"
    case .noLabels(let folder):
      "\(quoted(folder)) has photographs and no subfolders: put the photographs of each class into "
        + "a subfolder named after the class, or give a list with --labels FILE.csv"
    case .oneClass(let name, let folder):
      "\(quoted(folder)) has a single class, \(quoted(name)): add a subfolder for at least one more"
    case .oneLabel(let name, let list):
      "the labels in \(quoted(list)) are all \(quoted(name)): list photographs of at least one more class"
    case .emptyClasses(let names, let reasons):
      (names.count == 1
        ? "the class \(quoted(names[0])) has no photographs to train on"
        : "the classes \(names.map(quoted).joined(separator: ", ")) have no photographs to train on")
        + ": add some, or leave the class out"
        + reasons.map { "\n\($0)" }.joined()
    case .similarClasses(let first, let second, let folder):
      (first.place == nil && second.place == nil
        ? "\(quoted(folder)) has the classes \(Self.distinct(first, second)), whose"
        : "\(Self.distinct(first, second)) are classes whose")
        + " names differ only in \(first.name == second.name ? "their Unicode form" : "capitals"): make "
        + "them one class, or rename one"
    case .unknownClasses(let names, let known, let folder):
      "\(quoted(folder)) has photographs of \(Self.firstOf(names.map(\.description))), which "
        + (names.count == 1 ? "is no class that is trained" : "are no classes that are trained")
        + ": the classes are " + Self.firstOf(known.map(quoted))
        + "; leave them out, or rename them"
    case .unclearLayout(let folder, let reason, let advice?):
      "it can't be told whether \(quoted(folder)) is split into parts or has classes of these names: "
        + "\(reason); \(advice)"
    case .unclearLayout(let folder, let reason, nil):
      "it can't be told whether \(quoted(folder)) is split into parts or has classes of these names: "
        + "\(reason); say '--layout classes' if they are classes, or name the parts: --data DIR "
        + "--data-validation DIR --data-test DIR"
    case .twoParts(let part, let folder, let within):
      "\(quoted(within)) has photographs for \(part == .test ? "test" : "validation") already: leave "
        + "out --data-\(part == .test ? "test" : "validation") \(quoted(folder)), or give --data the "
        + "folder of the training photographs alone"
    case .unsplittable(let names, let counts, let classes, let copies, let reasons):
      (names.count == 1
        ? "the class \(quoted(names[0])) has a single photograph"
        : "the classes \(Self.firstOf(names.map(quoted))) have a single photograph each")
        + ", and training and validation need one each: add more, or leave "
        + (names.count == 1 ? "the class out" : "these classes out")
        + (classes.count > Self.namedMax
          ? ""
          : ". There are "
            + zip(classes, zip(counts, copies)).map(Self.count).joined(separator: ", "))
        + (reasons.isEmpty
          ? ""
          : ".\nMore lies there that doesn't count; mend it, and have each photograph in one class only:"
            + reasons.map { "\n\($0)" }.joined())
    case .labels(let name, let reason):
      "the labels in \(quoted(name)) can't be used: \(reason)"
    case .unpartedGroups(let names):
      "no group of \(names.map(quoted).joined(separator: ", ")) can validate without taking all that "
        + "is trained on: choose a finer --group, or give --data-validation"
    case .invalidGroup(let pattern):
      "'\(quoted(pattern))' is no regular expression: --group takes 'folder' or an expression whose "
        + "parentheses match the group's name in a path"
    case .endlessGroup(let pattern, let path):
      "--group '\(quoted(pattern))' takes too long with the path \(quoted(path)): repeat nothing that "
        + "repeats itself, as (.*)* does, and name what surrounds the group instead, as in '(patient[0-9]+)'"
    case .noGroups("folder", let path):
      "--group folder groups nothing: no photograph lies in a folder within its class's own, as "
        + "\(quoted(path)) doesn't; give photographs that belong together a folder within it, or leave "
        + "--group out"
    case .noGroups(let pattern, let path):
      "--group '\(quoted(pattern))' groups nothing: it matches no photograph's path, such as "
        + "\(quoted(path)); mend the expression, or leave --group out"
    case .invalidFraction(let fraction):
      "the share of validation samples must lie between 0 and 1, not \(fraction)"
    case .tooDeep(let path):
      "\(quoted(path)) lies more than \(ManifestLimits.depthMax) folders deep: move it up"
    case .tooMany(let what, let limit):
      "more than \(limit) \(what): split the dataset"
    case .invalidClassName(let name, let place):
      "\(ClassPlace(name, place)) cannot be the name of a class (it is '.' or '..' or not UTF-8, or has control "
        + "characters or a slash): rename it"
    case .unreadableFile(let path, let number) where SystemError.concernsMachine(number):
      "cannot read \(quoted(path)): \(SystemError.reason(number)); that is this machine's trouble and not "
        + "the file's: try again once it is mended"
    case .unreadableFile(let path, let number):
      "cannot read \(quoted(path)): \(SystemError.reason(number)); put it back and resume"
    case .changedFile(let path):
      "\(quoted(path)) has changed since the run began: put it back and resume, or start a new run"
    case .undecided(let name, let reason): "\(quoted(name)): \(reason)"
    case .tooManyUnusable(let reasons, let total, let share):
      "\(reasons.count) of \(total) files "
        + (reasons.count == 1 ? "is no photograph" : "are no photographs")
        + " that can be decoded, more than the "
        + "\(Self.percentage(share)) that are left out without asking:\n"
        + Self.list(reasons)
        + "mend or remove them, or have more left out with --undecodable-max"
    case .notStrict(let reasons):
      "the photographs are not as --strict-data wants them:\n" + Self.list(reasons)
        + "mend or remove them, or leave out --strict-data"
    case .malformed(let reason):
      "not a valid manifest: \(reason)"
    case .unknownVersion(let version):
      "the manifest has the format version \(version), this program knows "
        + "\(Manifest.formatVersion): use the same version of the program everywhere"
    }
  }

  /// Whether the machine couldn't read a file, or a folder, for the moment: nothing follows about
  /// what it holds.
  public var concernsMachine: Bool {
    switch self {
    case .unreadableFolder(_, let number), .unreadableFile(_, let number):
      SystemError.concernsMachine(number)
    default: false
    }
  }

  /// What became of a photograph since the run began, in words that go on from its name.
  public var sinceRunBegan: String {
    switch self {
    case .unreadableFile(_, ENOENT), .unreadableFile(_, ENOTDIR):
      "it has gone since the run began; put it back and start a new run to train on it"
    case .unreadableFile(_, let number):
      "it can't be read any more (\(SystemError.reason(number))); mend that and start a new run to train on it"
    case .changedFile:
      "it has changed since the run began; start a new run to train on what it is now"
    default: description
    }
  }

  private func quoted(_ path: String) -> String { RelativePath.quoted(path) }

  /// More lines than anybody works through by hand; then the folder is the wrong one.
  private static let listedMax = 1_000

  /// More classes than a line has room for.
  private static let namedMax = 20

  private static func firstOf(_ names: [String]) -> String {
    names.prefix(namedMax).joined(separator: ", ") + (names.count > namedMax ? ", ..." : "")
  }

  private static func list(_ lines: [String]) -> String {
    let more = lines.count - listedMax
    return lines.prefix(listedMax).map { "  \($0)\n" }.joined()
      + (more > 0 ? "  ... and \(more) more\n" : "")
  }

  /// "daisy 1 (and 2 copies)".
  private static func count(of name: String, _ counts: (distinct: Int, copies: Int)) -> String {
    let copies =
      switch counts.copies {
      case 0: ""
      case 1: " (and a copy)"
      default: " (and \(counts.copies) copies)"
      }
    return "\(RelativePath.quoted(name)) \(counts.distinct)\(copies)"
  }

  private static func percentage(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10) %" : "\(tenths / 10).\(tenths % 10) %"
  }

  /// Two names that may look the same, with the bytes where they do, and with their places.
  private static func distinct(_ first: ClassPlace, _ second: ClassPlace) -> String {
    func hex(_ name: String) -> String {
      name.utf8.map { String($0, radix: 16) }.joined(separator: " ")
    }
    let names = [first, second].map { one in
      let details = [
        first.name == second.name ? "bytes \(hex(one.name))" : nil,
        one.place.map(RelativePath.quoted),
      ].compactMap(\.self)
      return "'\(RelativePath.quoted(one.name))'"
        + (details.isEmpty ? "" : " (\(details.joined(separator: ", ")))")
    }
    return names.joined(separator: " and ")
  }
}
