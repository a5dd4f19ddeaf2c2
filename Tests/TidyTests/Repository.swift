import Foundation
import TestSupport

/// The files of the repository, as the tidy tests see them.
enum Repository {
  static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Paths relative to the root of what is tracked, or about to be, by git; where there is no git,
  /// of all files outside hidden folders.
  static let files: [String] = {
    if let listed = try? run("git", ["ls-files", "--cached", "--others", "--exclude-standard"]),
      listed.status == 0
    {
      return listed.output.split(separator: "\n").map(String.init)
        .filter { FileManager.default.fileExists(atPath: path($0)) }.sorted()
    }
    let walker = FileManager.default.enumerator(
      at: root, includingPropertiesForKeys: nil, options: [.skipsHiddenFiles])
    let prefix = root.path(percentEncoded: false)
    return (walker?.compactMap { ($0 as? URL)?.path(percentEncoded: false) } ?? [])
      .filter { !$0.hasSuffix("/") }.map { String($0.dropFirst(prefix.count)) }.sorted()
  }()

  static func path(_ relative: String) -> String {
    root.appending(path: relative).path(percentEncoded: false)
  }

  /// The text of a file, or nil where it is none.
  static func text(_ relative: String) -> String? {
    FileManager.default.contents(atPath: path(relative)).flatMap {
      String(validating: $0, as: UTF8.self)
    }
  }

  /// The files with one of these endings below a folder.
  static func files(below folder: String = "", endings: [String]) -> [String] {
    files.filter { file in
      file.hasPrefix(folder) && endings.contains { file.hasSuffix($0) }
    }
  }

  /// Runs a program from the search path in the root folder, with stdout and stderr together.
  static func run(_ program: String, _ arguments: [String]) throws -> (
    status: Int32, output: String
  ) {
    guard let env = InstalledProgram("env") else { throw CocoaError(.executableNotLoadable) }
    return try env.run([program] + arguments, in: root)
  }

  /// Whether a program is on the search path.
  static func hasProgram(_ name: String) -> Bool {
    InstalledProgram(name) != nil
  }
}
