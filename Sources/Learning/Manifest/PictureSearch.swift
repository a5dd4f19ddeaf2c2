import Files
import Glibc
import Images

/// The pictures in a folder and in the folders in it, whatever they show: nobody has labels for them.
///
/// As in a dataset, links are followed, and hidden files and what systems leave behind are passed over. What
/// is called a picture counts as one whatever is in it, so that whoever decodes it can say what is wrong.
public struct PictureSearch: Sendable {
  /// Each with the folder's own path in front, sorted by their bytes.
  public private(set) var paths: [String] = []
  /// What was left out, in the order in which it was found.
  public private(set) var findings: [Finding] = []
  /// Whether all of it was looked into.
  public var isWhole: Bool {
    findings.allSatisfy { if case .closedFolder = $0.reason { false } else { true } }
  }

  /// Throws where the folder, or one in it, can't be listed.
  public init(in folder: String) throws(ManifestError) {
    try search(PathNames.withoutEnd(folder), above: [try FolderListing.identity(of: folder)])
    paths.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// - Parameters:
  ///   - folder: its path without slashes at its end, and so empty for the root of all.
  ///   - above: the folders on the way there, with the folder itself.
  private mutating func search(
    _ folder: String, above: [FolderListing.Identity]
  ) throws(ManifestError) {
    let items = try FolderListing.read(folder.isEmpty ? "/" : folder)
    for item in items where item.name.first != UInt8(ascii: ".") {
      let name = String(decoding: item.name, as: UTF8.self)
      let path = "\(folder)/\(name)"
      if case .folder(let identity) = item.kind {
        guard !Rubbish.isFolder(name) else { continue }
        if String(validating: item.name, as: UTF8.self) == nil {
          findings.append(Finding(path: path, reason: .closedFolder(isUTF8: false)))
        } else if above.contains(identity) {
          findings.append(Finding(path: path, reason: .loop))
        } else {
          try search(path, above: above + [identity])
        }
      } else if !Rubbish.isFile(name) {
        if !PictureName.isPicture(name) {
          let start = beginning(of: item, path)
          guard ImageFormat(firstBytes: start) != nil else {
            // Who has photographs of another kind should know that they get no answer.
            if let foreign = ForeignFormat(firstBytes: start), foreign.isPicture {
              findings.append(Finding(path: path, reason: .notAPicture(foreign)))
            }
            continue
          }
        }
        guard paths.count < ManifestLimits.entriesMax else {
          throw .tooMany("photographs", limit: ManifestLimits.entriesMax)
        }
        paths.append(path)
      }
    }
  }

  /// Nothing of what is no file.
  private func beginning(of item: FolderListing.Item, _ path: String) -> [UInt8] {
    guard case .file = item.kind else { return [] }
    return (try? readFile(path, count: ImageFormat.signatureLengthMax)) ?? []
  }
}
