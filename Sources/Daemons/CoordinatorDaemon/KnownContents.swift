import Digest
import Images
import Manifest
import Monitoring
import Store

/// What was decoded of a dataset when a run began, for the next run on it: decoding every photograph
/// takes a second for a thousand of them, and a run whose features are kept has nothing else to do.
///
/// Files are known by their contents, so that one that has changed is decoded. Nothing of a run depends on
/// it: a photograph that a worker can't decode is left out then, as if it had gone.
struct KnownContents {
  private let objects: DerivedObjects
  private let key: ContentDigest

  init(folder: String, source: Dataset.Source) {
    objects = DerivedObjects(folder: StoreFolder(folder))
    // What decodes may be another program's, and the pixels' version tells of ours.
    key = .sha256(
      Array("decodable 1\n\(Preprocessing.version)\n\(source.folder)\n\(source.labels ?? "")".utf8))
  }

  /// Those that are kept; none where there are none.
  func read() -> Set<ContentDigest> {
    guard let bytes = objects.object(key) else { return [] }
    let size = ContentDigest.byteCount
    return Set(
      stride(from: 0, through: bytes.count - size, by: size).compactMap { start in
        ContentDigest(bytes: bytes[start..<start + size])
      })
  }

  /// Keeps those of a dataset in place of what was kept, unless they are the same.
  func keep(_ manifest: Manifest, known: Set<ContentDigest>) throws(StoreError) {
    let now = Set(manifest.entries.map(\.digest))
    guard now != known else { return }
    try objects.keep(
      now.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.flatMap(\.bytes), for: key)
  }
}
