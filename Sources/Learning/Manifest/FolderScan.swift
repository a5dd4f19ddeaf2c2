import Digest
import Files

/// Looks through a folder and all in it. It reads no file and decides nothing.
struct FolderScan {
  private(set) var tree: FolderTree
  /// The paths of what systems leave behind, relative to the folder.
  private(set) var rubbish: [String] = []
  private let root: String
  private var fileCount = 0

  init(_ root: String) throws(ManifestError) {
    self.root = root
    tree = FolderTree(name: "", path: "")
    tree = try scan(tree, above: [try FolderListing.identity(of: root)])
  }

  /// `above` are the folders on the way there, with the folder itself.
  private mutating func scan(
    _ folder: FolderTree, above: [FolderListing.Identity]
  ) throws(ManifestError) -> FolderTree {
    var folder = folder
    // The dataset and its class are not counted.
    guard above.count <= ManifestLimits.depthMax + 2 else { throw .tooDeep(folder.path) }
    for item in try FolderListing.read(folder.path.isEmpty ? root : "\(root)/\(folder.path)") {
      let name = String(decoding: item.name, as: UTF8.self)
      let path = folder.path.isEmpty ? name : "\(folder.path)/\(name)"
      if case .folder = item.kind, Rubbish.isFolder(name) {
        rubbish.append(path)
      } else if Rubbish.isFile(name) {
        rubbish.append(path)
      } else if item.name.first != UInt8(ascii: ".") {
        let problem = Self.problem(ofName: item.name, path)
        try add(item.kind, name, path, problem, to: &folder, above)
      }
    }
    return folder
  }

  private static func problem(ofName name: [UInt8], _ path: String) -> Finding.Reason? {
    guard String(validating: name, as: UTF8.self) != nil else { return .nameNotUTF8 }
    return RelativePath.isAcceptable(path) ? nil : .unacceptableName
  }

  private mutating func add(
    _ kind: FolderListing.Kind, _ name: String, _ path: String, _ nameProblem: Finding.Reason?,
    to folder: inout FolderTree, _ above: [FolderListing.Identity]
  ) throws(ManifestError) {
    var problem: Finding.Reason?
    switch kind {
    case .folder(let identity) where above.contains(identity): problem = .loop
    case .folder(let identity):
      var inner = FolderTree(name: name, path: path, nameProblem: nameProblem)
      if nameProblem == nil { inner = try scan(inner, above: above + [identity]) }
      folder.folders.append(inner)
      return
    case .file(0): problem = .empty
    case .file(let count) where count > ManifestLimits.fileBytesMax: problem = .tooLarge
    case .file: problem = nil
    case .other: problem = .notAFile
    case .unreadable(let number):
      guard !SystemError.concernsMachine(number) else {
        throw .unreadableFile(path, errorNumber: number)
      }
      problem = .unreadable(errorNumber: number)
    }
    guard fileCount < ManifestLimits.entriesMax else {
      throw .tooMany("files", limit: ManifestLimits.entriesMax)
    }
    fileCount += 1
    folder.files.append(
      FolderTree.File(path: path, problem: nameProblem ?? problem))
  }
}
