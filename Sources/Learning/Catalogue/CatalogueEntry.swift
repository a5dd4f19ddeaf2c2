import Digest
import MobileNet

/// A public file that can be fetched by a name, and all that is known of it.
///
/// Nothing of it is part of this project; the digest makes sure that whatever server it comes from, it
/// is the file that is meant.
public struct CatalogueEntry: Sendable {
  public enum Contents: Sendable {
    /// An archive of photographs: `root` is the folder in it that has a subfolder for each class.
    case photographs(root: String)
    /// An ONNX file, and how it wants its pixels.
    case network(preprocess: Preprocess)
  }

  /// As `--data` or `--backbone` has it.
  public let name: String
  public let contents: Contents
  /// A few words on what it is.
  public let summary: String
  /// What the file is called.
  public let fileName: String
  /// Official ones first, then mirrors.
  public let addresses: [String]
  public let byteCount: Int
  /// Of the file as it is fetched.
  public let digest: ContentDigest
  public let licence: String
  /// What to know when working with it; empty where there is nothing.
  public let oddities: String
  /// Where each of these facts was seen.
  public let sources: [String]

  public init(
    name: String, contents: Contents, summary: String, fileName: String, addresses: [String],
    byteCount: Int, digest: ContentDigest, licence: String, oddities: String = "",
    sources: [String]
  ) {
    self.name = name
    self.contents = contents
    self.summary = summary
    self.fileName = fileName
    self.addresses = addresses
    self.byteCount = byteCount
    self.digest = digest
    self.licence = licence
    self.oddities = oddities
    self.sources = sources
  }
}

/// What can be fetched by name.
public struct Catalogue: Sendable {
  public let entries: [CatalogueEntry]

  public init(_ entries: [CatalogueEntry]) { self.entries = entries }

  /// The entry of this name that `--data` takes.
  public func photographs(_ name: String) -> CatalogueEntry? {
    entries.first {
      if case .photographs = $0.contents { $0.name == name } else { false }
    }
  }

  /// The entry of this name that `--backbone` takes.
  public func network(_ name: String) -> CatalogueEntry? {
    entries.first {
      if case .network = $0.contents { $0.name == name } else { false }
    }
  }
}
