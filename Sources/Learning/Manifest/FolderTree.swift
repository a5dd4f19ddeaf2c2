import Files

/// A folder with all that lies in it and may belong to a dataset: what the decision about its layout
/// is made from.
package struct FolderTree: Equatable, Sendable {
  package struct File: Equatable, Sendable {
    /// Relative to the scanned folder.
    package var path: String
    /// Why it can't be a photograph, as far as can be told without reading it.
    package var problem: Finding.Reason?

    package init(path: String, problem: Finding.Reason? = nil) {
      self.path = path
      self.problem = problem
    }
  }

  /// Where it isn't UTF-8, as well as it can be shown.
  package var name: String
  /// Relative to the scanned folder; empty for that one itself.
  package var path: String
  /// Why the path can't be one of a manifest; then the folder isn't looked into.
  var nameProblem: Finding.Reason?
  var isAcceptable: Bool { nameProblem == nil }
  package var files: [File] = []
  package var folders: [FolderTree] = []

  package init(name: String, path: String, nameProblem: Finding.Reason? = nil) {
    self.name = name
    self.path = path
    self.nameProblem = nameProblem
  }

  /// Whether there is nothing in it at all, nor in the folders in it.
  var isEmpty: Bool { isAcceptable && files.isEmpty && folders.allSatisfy(\.isEmpty) }

  /// The folders that hold something.
  var inhabited: [FolderTree] { folders.filter { !$0.isEmpty } }

  /// Of the files that lie in it directly, those whose names say that they are pictures.
  var pictureCount: Int { files.count { PictureName.isPicture($0.path) } }

  /// The same of the whole tree.
  var pictureCountOverall: Int { folders.reduce(pictureCount) { $0 + $1.pictureCountOverall } }

  /// Whether it holds something, and nothing that could be a picture: all files are named as documents.
  var holdsDocumentsAlone: Bool {
    var hasAny = false
    var isPure = true
    forEachFile { file in
      hasAny = true
      isPure = isPure && PictureName.isDocument(file.path)
    }
    return hasAny && isPure
  }

  /// Whether its pictures lie in folders within it rather than beside them.
  var holdsFolders: Bool {
    !inhabited.isEmpty && pictureCountOverall - pictureCount >= pictureCount
  }

  /// It and all that is in it, files first.
  func forEachFile(_ body: (File) -> Void) {
    for file in files { body(file) }
    for folder in folders {
      if let problem = folder.nameProblem {
        body(File(path: folder.path, problem: .closedFolder(isUTF8: problem != .nameNotUTF8)))
      } else {
        folder.forEachFile(body)
      }
    }
  }
}

/// What a name says of a file. The bytes decide what is a photograph; names help where folders are
/// only looked at.
package enum PictureName {
  /// Without a dot, in lower case.
  package static let endings: Set<String> = [
    "jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "bmp", "dib", "tif", "tiff", "heic", "heif",
    "avif",
  ]

  /// What accompanies photographs: lists, notes, annotations, programs.
  private static let documentEndings: Set<String> = [
    "txt", "md", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "html", "htm", "pdf", "doc",
    "docx",
    "rtf", "xls", "xlsx", "mat", "npy", "npz", "pkl", "h5", "hdf5", "py", "ipynb", "m", "sh", "log",
    "toml",
    "ini", "cfg", "names", "data", "lst", "list",
  ]

  static func isPicture(_ path: String) -> Bool { ending(of: path).map(endings.contains) ?? false }

  static func isDocument(_ path: String) -> Bool {
    ending(of: path).map(documentEndings.contains) ?? false
  }

  /// In lower case; nil for a name without one.
  private static func ending(of path: String) -> String? {
    let name = PathNames.last(of: path)
    return name.lastIndex(of: ".").map { name[name.index(after: $0)...].lowercased() }
  }
}
