import Foundation

/// A new, empty folder that is removed with all it holds when its owner goes out of scope.
public struct TemporaryFolder: ~Copyable {
  public let path: String

  public init() throws {
    let name = "tl-test-\(UUID().uuidString.lowercased())"
    // The shortest way there is: paths of sockets have little room.
    path = FileManager.default.temporaryDirectory.appending(path: name).path()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    // Tests take the right to write away from some of what they make.
    let items = FileManager.default.enumerator(atPath: path)
    while let item = items?.nextObject() as? String {
      let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)/\(item)")
      guard attributes?[.type] as? FileAttributeType == .typeDirectory else { continue }
      try? FileManager.default.setAttributes(
        [.posixPermissions: 0o700], ofItemAtPath: "\(path)/\(item)")
    }
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Writes a file and the folders above it; returns its path.
  @discardableResult
  public func write(_ bytes: [UInt8], to relativePath: String) throws -> String {
    let file = URL(filePath: path).appending(path: relativePath)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
    return file.path()
  }

  /// The bytes of a file in the folder.
  public func read(_ relativePath: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: path).appending(path: relativePath)))
  }
}
