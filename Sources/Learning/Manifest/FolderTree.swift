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

  static func isPicture(_ path: String) -> Bool {
    let name = PathNames.last(of: path)
    guard let dot = name.lastIndex(of: ".") else { return false }
    return endings.contains(name[name.index(after: dot)...].lowercased())
  }
}
