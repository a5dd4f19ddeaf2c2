import Digest
import Glibc

/// Why a folder is no dataset, or bytes are no manifest.
public enum ManifestError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The folder is missing, is no folder or can't be listed; with the system's error number.
  case unreadableFolder(String, errorNumber: Int32)
  /// The folder has no subfolders.
  case noClasses(folder: String)
  /// The folder has a single subfolder.
  case oneClass(String, folder: String)
  /// A class without a single photograph.
  case emptyClass(String)
  /// Two files of the same content with different labels: one of the labels is wrong.
  case contentInTwoClasses(String, String)
  /// A class with one distinct content, which can't be on both sides of a split.
  case unsplittable(className: String)
  /// The share of the validation samples is not between 0 and 1.
  case invalidFraction(Double)
  /// More folders inside each other than `ManifestLimits.depthMax`.
  case tooDeep(String)
  /// More of something than the limit.
  case tooMany(String, limit: Int)
  /// A folder whose name can't be the name of a class.
  case invalidClassName(String)
  /// A photograph that can't be read any more; with the system's error number.
  case unreadableFile(String, errorNumber: Int32)
  /// A photograph whose content is no longer that of the manifest.
  case changedFile(String)
  /// Bytes that are not the encoding of a valid manifest.
  case malformed(String)
  /// The encoding of a version that is not known here.
  case unknownVersion(UInt32)

  public var description: String {
    switch self {
    case .unreadableFolder(let path, let number):
      "cannot read the folder \(quoted(path)): \(Self.reason(number)); give a folder with a "
        + "subfolder of photographs for each class"
    case .noClasses(let folder):
      "\(quoted(folder)) has no subfolders: put the photographs of each class into a subfolder "
        + "named after the class"
    case .oneClass(let name, let folder):
      "\(quoted(folder)) has a single class, \(quoted(name)): add a subfolder for at least one more"
    case .emptyClass(let name):
      "the class \(quoted(name)) has no photographs: add some, or remove its folder"
    case .contentInTwoClasses(let first, let second):
      "\(quoted(first)) and \(quoted(second)) are the same photograph in two classes: remove it "
        + "from one of them"
    case .unsplittable(let name):
      "the class \(quoted(name)) has a single photograph, and training and validation need one "
        + "each: add more"
    case .invalidFraction(let fraction):
      "the share of validation samples must lie between 0 and 1, not \(fraction)"
    case .tooDeep(let path):
      "\(quoted(path)) lies more than \(ManifestLimits.depthMax) folders deep: move it up"
    case .tooMany(let what, let limit):
      "more than \(limit) \(what): split the dataset"
    case .invalidClassName(let name):
      "the folder \(quoted(name)) cannot name a class (its name is not UTF-8 or has control "
        + "characters): rename it"
    case .unreadableFile(let path, let number) where SystemErrors.concernMachine(number):
      "cannot read \(quoted(path)): \(Self.reason(number)); that is this machine's trouble and not "
        + "the file's: try again once it is mended"
    case .unreadableFile(let path, let number):
      "cannot read \(quoted(path)): \(Self.reason(number)); put it back and resume"
    case .changedFile(let path):
      "\(quoted(path)) has changed since the run began: put it back and resume, or start a new run"
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
      SystemErrors.concernMachine(number)
    default: false
    }
  }

  private func quoted(_ path: String) -> String { RelativePath.quoted(path) }

  private static func reason(_ number: Int32) -> String {
    // strerror's text is copied at once.
    unsafe String(cString: strerror(number))
  }
}

/// Something about a folder that its owner should know and that doesn't prevent training.
public struct FolderWarning: Equatable, Sendable, CustomStringConvertible {
  public enum Reason: Equatable, Sendable {
    case outsideClasses
    case notAPicture
    case empty
    case tooLarge
    case notAFile
    case unreadable(errorNumber: Int32)
    case unacceptableName
    case loop
    /// The same content as another file of its class, which is kept.
    case duplicate(of: String)
  }

  /// Relative to the dataset's folder.
  public let path: String
  public let reason: Reason

  /// Whether the file is no sample of the dataset.
  public var isLeftOut: Bool {
    if case .duplicate = reason { false } else { true }
  }

  public var description: String {
    let name = RelativePath.quoted(path)
    return switch reason {
    case .outsideClasses: "\(name) is left out: it lies in no class's subfolder"
    case .notAPicture: "\(name) is left out: it is neither a JPEG nor a PNG file"
    case .empty: "\(name) is left out: it is empty"
    case .tooLarge:
      "\(name) is left out: it is larger than \(ManifestLimits.fileBytesMax >> 20) MiB"
    case .notAFile: "\(name) is left out: it is neither a file nor a folder"
    case .unreadable(let number):
      // strerror's text is copied at once.
      "\(name) is left out: \(unsafe String(cString: strerror(number)))"
    case .unacceptableName:
      "\(name) is left out: its name is too long, not UTF-8 or has control characters"
    case .loop: "\(name) is left out: it leads back to a folder above it"
    case .duplicate(let other): "\(name) has the same content as \(RelativePath.quoted(other))"
    }
  }
}
