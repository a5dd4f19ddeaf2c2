/// Walks through a dataset's folder and collects what may be photographs.
struct FolderWalk {
  struct Candidate {
    var path: String
    var classIndex: Int
  }

  let root: String
  private(set) var classes: [String] = []
  private(set) var candidates: [Candidate] = []
  private(set) var warnings: [FolderWarning] = []

  init(_ root: String) throws(ManifestError) {
    self.root = root
    let identity = try FolderListing.identity(of: root)
    for item in try FolderListing.read(root) {
      guard case .folder(let inner) = item.kind else {
        warn(String(decoding: item.name, as: UTF8.self), .outsideClasses)
        continue
      }
      let lossyName = String(decoding: item.name, as: UTF8.self)
      guard let name = String(validating: item.name, as: UTF8.self),
        RelativePath.isAcceptable(name)
      else { throw .invalidClassName(lossyName) }
      guard inner != identity else {
        warn(name, .loop)
        continue
      }
      classes.append(name)
      try walk(name, above: [identity, inner])
    }
  }

  /// Collects the files of a folder and of those in it; `above` are the folders on the way there.
  private mutating func walk(
    _ path: String, above: [FolderListing.Identity]
  ) throws(ManifestError) {
    // The dataset and the class are not counted.
    guard above.count <= ManifestLimits.depthMax + 2 else { throw .tooDeep(path) }
    for item in try FolderListing.read("\(root)/\(path)") {
      let itemPath = path + "/" + String(decoding: item.name, as: UTF8.self)
      guard String(validating: item.name, as: UTF8.self) != nil,
        RelativePath.isAcceptable(itemPath)
      else {
        warn(itemPath, .unacceptableName)
        continue
      }
      switch item.kind {
      case .folder(let identity) where above.contains(identity): warn(itemPath, .loop)
      case .folder(let identity): try walk(itemPath, above: above + [identity])
      case .file(0): warn(itemPath, .empty)
      case .file(let count) where count > ManifestLimits.fileBytesMax: warn(itemPath, .tooLarge)
      case .file:
        guard candidates.count < ManifestLimits.entriesMax else {
          throw .tooMany("photographs", limit: ManifestLimits.entriesMax)
        }
        candidates.append(Candidate(path: itemPath, classIndex: classes.count - 1))
      case .other: warn(itemPath, .notAFile)
      case .unreadable(let number): warn(itemPath, .unreadable(errorNumber: number))
      }
    }
  }

  private mutating func warn(_ path: String, _ reason: FolderWarning.Reason) {
    warnings.append(FolderWarning(path: path, reason: reason))
  }
}
