/// What an archive from elsewhere may put on the disk. Nothing is read or written here.
public struct UnpackingRules: Sendable {
  /// How much an archive may hold: it may claim little and give much.
  public struct Limits: Sendable {
    /// Of all files together.
    public var byteCountMax: Int
    /// Files and folders.
    public var entryCountMax: Int

    public init(byteCountMax: Int, entryCountMax: Int) {
      self.byteCountMax = byteCountMax
      self.entryCountMax = entryCountMax
    }
  }

  /// A place below the folder that is unpacked into: names without `/`, at least one.
  public struct Place: Equatable, Sendable {
    public let names: [String]
    public var isFolder: Bool
    public var path: String { names.joined(separator: "/") }
  }

  private let limits: Limits
  private var entryCount = 0
  private var byteCount = 0

  /// What file systems take for a name, and no dataset needs folders deeper than this.
  private static let nameBytesMax = 255
  private static let depthMax = 16

  public init(_ limits: Limits) { self.limits = limits }

  /// Where an entry belongs; nil for the folder itself (`./`).
  public mutating func admit(_ entry: ArchiveEntry) throws(ArchiveError) -> Place? {
    entryCount += 1
    guard entryCount <= limits.entryCountMax else {
      throw ArchiveError(
        .refused, "it holds more than \(limits.entryCountMax) files, far more than it should")
    }
    let isFolder: Bool
    switch entry.kind {
    case .file: isFolder = false
    case .folder: isFolder = true
    case .link: throw refusal(entry, "is a link")
    case .special: throw refusal(entry, "is no file")
    }
    // By bytes: as a Character, a slash that an accent follows is another than a slash.
    let slash = UInt8(ascii: "/")
    guard entry.path.utf8.first != slash else { throw refusal(entry, "is an absolute path") }
    var names = entry.path.utf8.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
    names.removeAll { $0 == "." }
    guard !names.isEmpty else {
      if isFolder { return nil }
      throw refusal(entry, "has no name")
    }
    guard names.count <= Self.depthMax else { throw refusal(entry, "lies too deep") }
    for name in names {
      guard name != ".." else { throw refusal(entry, "leads out of the folder") }
      let isPlain = name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }
      guard isPlain, name.utf8.count <= Self.nameBytesMax else {
        throw refusal(entry, "has a name that can't be used")
      }
    }
    if let claimed = entry.byteCount, !isFolder, claimed > limits.byteCountMax - byteCount {
      throw tooMuch()
    }
    return Place(names: names, isFolder: isFolder)
  }

  /// Counts bytes that were unpacked, whatever was claimed.
  public mutating func take(byteCount count: Int) throws(ArchiveError) {
    byteCount += count
    guard byteCount <= limits.byteCountMax else { throw tooMuch() }
  }

  private func tooMuch() -> ArchiveError {
    ArchiveError(
      .refused, "it unpacks to more than \(limits.byteCountMax) bytes, far more than it should")
  }

  private func refusal(_ entry: ArchiveEntry, _ what: String) -> ArchiveError {
    ArchiveError(.refused, "'\(entry.path.prefix(200))' in it \(what)")
  }
}
