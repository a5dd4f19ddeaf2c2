import Digest

/// A dataset as a list of photographs, each with its class and the SHA-256 of its file. Its own
/// SHA-256 names the dataset.
///
/// A manifest is always valid: at least two classes, sorted by the bytes of their names, no two of
/// which look alike; entries sorted by their parts, then by the bytes of their paths; at least one
/// training entry in each class; no content in two classes or two parts.
public struct Manifest: Equatable, Sendable {
  /// One labelled photograph, a sample; its index is its place in `entries`.
  public struct Entry: Equatable, Sendable {
    /// Relative to the folder of its part.
    public let path: String
    /// What it is for.
    public let part: Part
    /// Its place in `classes`.
    public let classIndex: Int
    /// The size of the file, at least 1.
    public let byteCount: UInt64
    /// The SHA-256 of the file.
    public let digest: ContentDigest

    public init(
      path: String, part: Part = .training, classIndex: Int, byteCount: UInt64,
      digest: ContentDigest
    ) {
      self.path = path
      self.part = part
      self.classIndex = classIndex
      self.byteCount = byteCount
      self.digest = digest
    }

    static func isBefore(_ left: Self, _ right: Self) -> Bool {
      guard left.part == right.part else { return left.part < right.part }
      return left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
    }
  }

  public let classes: [String]
  public let entries: [Entry]
  /// The SHA-256 of `encoded()`.
  public let digest: ContentDigest

  /// Classes and entries in their order; throws what makes them no valid manifest.
  public init(classes: [String], entries: [Entry]) throws(ManifestError) {
    try Self.validate(classes: classes)
    try Self.validate(entries: entries, classes: classes)
    self.classes = classes
    self.entries = entries
    digest = ContentDigest.sha256(Self.encode(classes: classes, entries: entries))
  }

  public static func == (left: Self, right: Self) -> Bool { left.digest == right.digest }

  /// The canonical encoding: the same manifest is always the same bytes.
  public func encoded() -> [UInt8] { Self.encode(classes: classes, entries: entries) }

  private static func validate(classes: [String]) throws(ManifestError) {
    guard classes.count <= ManifestLimits.classesMax else {
      throw .tooMany("classes", limit: ManifestLimits.classesMax)
    }
    guard classes.count >= 2 else {
      throw .malformed("it has \(classes.count) classes and needs at least 2")
    }
    for name in classes {
      guard !name.utf8.contains(UInt8(ascii: "/")), RelativePath.isAcceptable(name) else {
        throw .malformed("\(RelativePath.quoted(name)) cannot be the name of a class")
      }
    }
    for (name, next) in zip(classes, classes.dropFirst()) {
      guard name.utf8.lexicographicallyPrecedes(next.utf8) else {
        throw .malformed("its classes are not sorted")
      }
    }
    if let pair = ClassNames.firstSimilar(in: classes) {
      throw .malformed(
        "its classes '\(classes[pair.0])' and '\(classes[pair.1])' can't be told apart")
    }
  }

  private static func validate(
    entries: [Entry], classes: [String]
  ) throws(ManifestError) {
    guard entries.count <= ManifestLimits.entriesMax else {
      throw .tooMany("photographs", limit: ManifestLimits.entriesMax)
    }
    var counts = [Int](repeating: 0, count: classes.count)
    var owners: [ContentDigest: Int] = [:]
    for (index, entry) in entries.enumerated() {
      let name = RelativePath.quoted(entry.path)
      guard RelativePath.isAcceptable(entry.path) else {
        throw .malformed("\(name) is not an acceptable path")
      }
      guard classes.indices.contains(entry.classIndex) else {
        throw .malformed("\(name) has no class")
      }
      guard (1...ManifestLimits.fileBytesMax).contains(entry.byteCount) else {
        throw .malformed("\(name) has \(entry.byteCount) bytes")
      }
      if index > 0, !Entry.isBefore(entries[index - 1], entry) {
        throw .malformed("its paths are not sorted")
      }
      let owner = entries[owners[entry.digest, default: index]]
      guard owner.classIndex == entry.classIndex, owner.part == entry.part else {
        throw .malformed(
          "\(RelativePath.quoted(owner.path)) and \(name) are the same photograph with different "
            + "labels or in different parts")
      }
      owners[entry.digest] = index
      if entry.part == .training { counts[entry.classIndex] += 1 }
    }
    if let empty = counts.firstIndex(of: 0) {
      throw .malformed("its class '\(classes[empty])' has nothing to train on")
    }
  }
}

/// Limits on a dataset, each far beyond what transfer learning on photographs needs.
public enum ManifestLimits {
  /// The head has a row for each class.
  public static let classesMax = 16_384
  /// Keeps indices within 32 bits and a manifest in memory.
  public static let entriesMax = 1 << 24
  /// Bytes of a path within the dataset; with the folder's own it stays below the system's 4,096.
  public static let pathBytesMax = 1_024
  /// Folders within folders below a class.
  public static let depthMax = 16
  /// A file is read into memory whole; no photograph within the limits of decoding is larger.
  public static let fileBytesMax: UInt64 = 1 << 28
}
