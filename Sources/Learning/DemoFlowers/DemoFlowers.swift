import Files
import Images
import Threading

/// The built-in dataset: photographs of flowers that no camera took. Nothing needs to be downloaded
/// and nothing of it belongs to anyone else.
///
/// The same seed and version paint the same files, byte for byte, wherever libjpeg-turbo encodes
/// alike: painting uses only operations that IEEE 754 rounds correctly.
public enum DemoFlowers {
  /// Raised by whatever changes the pictures.
  public static let version = 2
  /// The names of the classes, sorted.
  public static let classes = FlowerKind.allCases.map(\.rawValue)
  /// The photographs of each class.
  public static let photographsPerClass = 400

  /// The folder with a subfolder for each class, painted into `cacheFolder` unless it is there
  /// already; returns its path.
  ///
  /// Painting takes a few seconds, on `threads` threads, of which the caller's is one; `progress` is
  /// told on the caller's thread how many photographs of how many are done. The folder appears
  /// whole or not at all; of two processes that want it at once one paints and the other waits. One
  /// that has lost files, be it to a power failure or to a person, is painted anew.
  public static func prepare(
    in cacheFolder: String, seed: UInt64, threads: Int = processorCount,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DemoFlowersError) -> String {
    try prepare(
      in: cacheFolder, seed: seed, photographsPerClass: photographsPerClass, threads: threads,
      progress: progress)
  }

  /// The same with fewer photographs, for tests; at most 1,000 of each class.
  package static func prepare(
    in cacheFolder: String, seed: UInt64, photographsPerClass: Int, threads: Int = processorCount,
    progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) throws(DemoFlowersError) -> String {
    let folder = "\(cacheFolder)/demo-flowers-\(version)-\(photographsPerClass)-seed-\(seed)"
    let dataset = DemoDataset(
      folder: folder, seed: seed, photographsPerClass: photographsPerClass)
    var draft = dataset
    draft.folder += ".partial"
    while !dataset.isWhole {
      let lock = try written { () throws(SystemError) in
        try makeFolders(draft.folder)
        return try FileLock(folder: draft.folder)
      }
      // Whoever held the lock before may have given the folder its final name or removed it.
      guard lock.isOn(draft.folder) else { continue }
      if dataset.isWhole {
        draft.remove()
        break
      }
      dataset.remove()
      // What a process left that was killed.
      draft.removeFiles()
      do throws(DemoFlowersError) {
        try draft.paint(threads: threads, progress: progress)
        try written { () throws(SystemError) in
          try LinuxFileSystem().publish(draft.folder, as: folder)
        }
      } catch {
        draft.remove()
        throw error
      }
    }
    return folder
  }

  /// One photograph as a JPEG file; `className` is one of `classes`, `number` is not negative.
  public static func photograph(
    className: String, number: Int, seed: UInt64
  ) throws(DemoFlowersError) -> [UInt8] {
    guard let kind = FlowerKind(rawValue: className) else {
      preconditionFailure("no demo flower is called \(className)")
    }
    let (picture, quality) = Scene.paint(kind, seed: seed, number: number)
    do throws(ImageError) {
      return try encodeJPEG(picture, quality: quality)
    } catch {
      throw .notEncodable(error)
    }
  }
}
