import Files

/// The folder in which fetched files lie, and the names in it.
///
/// ```
/// flower_photos.tgz            a file, whole, fetched or put there by hand; until it is unpacked
/// flower_photos.tgz.partial    as much of it as has come
/// flower_photos.tgz.lock       locked by the process that fetches it; stays, empty
/// flowers-4c54ace7/            what was in it; appears whole
/// flowers-4c54ace7.unpacking/  what was left of a process that was ended
/// mobilenetv2-12.onnx          a network, used as it is
/// ```
///
/// The digits are the beginning of the file's SHA-256: another edition gets another folder.
public struct CatalogueFolder: Sendable {
  public let path: String

  /// - Parameter cache: the user's folder for what can be had again.
  public init(cache: String) { path = cache + "/catalogue" }

  /// The file as it is fetched, and where to put it by hand.
  public func file(_ entry: CatalogueEntry) -> String { "\(path)/\(entry.fileName)" }

  func partialFile(_ entry: CatalogueEntry) -> String { file(entry) + ".partial" }

  func lock(_ entry: CatalogueEntry) -> String { file(entry) + ".lock" }

  /// What an archive is unpacked into.
  func unpacked(_ entry: CatalogueEntry) -> String {
    "\(path)/\(entry.name)-\(entry.digest.description.prefix(8))"
  }

  /// What the entry is used from: the folder of classes, or the network's file.
  public func place(of entry: CatalogueEntry) -> String {
    switch entry.contents {
    case .photographs(let root): "\(unpacked(entry))/\(root)"
    case .network: file(entry)
    }
  }

  /// Whether it is there. A network's contents are looked at when it is used.
  public func holds(_ entry: CatalogueEntry) -> Bool {
    switch entry.contents {
    case .photographs: isFolder(unpacked(entry))
    case .network: byteCount(ofFile: place(of: entry)) == entry.byteCount
    }
  }
}
