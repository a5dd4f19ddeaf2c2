import Digest
import Files

/// A folder in which photographs of a manifest may lie as well: at the same paths, or anywhere else and
/// by any name. A photograph is what its SHA-256 says, so a copy is found by its size and told by its
/// digest.
///
/// Nothing that is wrong with the folder is an error: what isn't found there is to be had elsewhere.
public struct PhotographCopies {
  /// An absolute path, or one relative to the current folder.
  public let folder: String
  /// By size, what lies in the folder; nil until something isn't where the manifest has it.
  private var index: [UInt64: [String]]?

  /// Files of one size that are read in search of one photograph: photographs seldom share a size, and
  /// pictures without compression always do.
  private static let candidatesMax = 8

  public init(in folder: String) { self.folder = folder }

  /// The photograph's bytes, whose SHA-256 is the entry's; nil where the folder hasn't got it.
  public mutating func bytes(of entry: Manifest.Entry) -> [UInt8]? {
    if let bytes = try? entry.read(in: DatasetFolders(folder)) { return bytes }
    let index = index ?? PhotographCopies.index(folder)
    self.index = index
    for path in index[entry.byteCount, default: []].prefix(PhotographCopies.candidatesMax) {
      let bytes = try? readFile(path, count: Int(entry.byteCount) + 1)
      if let bytes, ContentDigest.sha256(bytes) == entry.digest { return bytes }
    }
    return nil
  }

  private static func index(_ folder: String) -> [UInt64: [String]] {
    guard let identity = try? FolderListing.identity(of: folder) else { return [:] }
    var index: [UInt64: [String]] = [:]
    var fileCount = 0
    add(folder, above: [identity], to: &index, &fileCount)
    return index
  }

  /// `above` are the folders on the way there, with the folder itself: links may lead in circles.
  private static func add(
    _ folder: String, above: [FolderListing.Identity], to index: inout [UInt64: [String]],
    _ fileCount: inout Int
  ) {
    guard above.count <= ManifestLimits.depthMax + 2,
      let items = try? FolderListing.read(folder)
    else { return }
    for item in items {
      guard fileCount < ManifestLimits.entriesMax,
        let name = String(validating: item.name, as: UTF8.self)
      else { continue }
      let path = "\(folder)/\(name)"
      switch item.kind {
      case .file(let byteCount):
        index[byteCount, default: []].append(path)
        fileCount += 1
      case .folder(let identity) where !above.contains(identity):
        add(path, above: above + [identity], to: &index, &fileCount)
      case .folder, .other, .unreadable: break
      }
    }
  }
}
