import Files
import Foundation
import TestSupport
import Testing

@Suite struct ReadingTests {
  @Test func `a part of a file is read from where it begins`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(0..<100), to: "file")
    #expect(try readFile(path) == Array(0..<100))
    #expect(try readFile(path, from: 90) == Array(90..<100))
    #expect(try readFile(path, from: 10, count: 5) == Array(10..<15))
    #expect(try readFile(path, from: 200) == [])
  }

  @Test func `a file that is larger than allowed is refused before it is read`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(Array(0..<100), to: "file")
    #expect(throws: SystemError(number: EFBIG, path: path)) {
      try readFile(path, byteCountMax: 99)
    }
    #expect(try readFile(path, byteCountMax: 100).count == 100)
  }

  @Test func `what is no file is refused without waiting for it`() throws {
    let folder = try TemporaryFolder()
    let pipe = "\(folder.path)/pipe"
    #expect(mkfifo(pipe, 0o600) == 0)
    #expect(throws: SystemError(number: EINVAL, path: pipe)) { try readFile(pipe) }
    #expect(throws: SystemError(number: EISDIR, path: folder.path)) { try readFile(folder.path) }
    #expect(throws: SystemError(number: ENOENT, path: "\(folder.path)/none")) {
      try readFile("\(folder.path)/none")
    }
  }
}

@Suite struct NameTests {
  @Test func `a path with a NUL leads to nothing, not to what is named before it`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1], to: "file") + "\0rest"
    #expect(throws: SystemError(number: ENOENT, path: path)) { try readFile(path) }
    #expect(isFolder(folder.path) && !isFolder("\(folder.path)\0"))
  }
}

@Suite struct CopyingTests {
  @Test func `a copy has the bytes, the permissions and the time, and replaces nothing`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "file")
    let date = Date(timeIntervalSince1970: 1_000_000)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o640, .modificationDate: date], ofItemAtPath: path)
    let copy = "\(folder.path)/copy"
    try copyFile(path, to: copy)
    #expect(try folder.read("copy") == [1, 2, 3])
    let attributes = try FileManager.default.attributesOfItem(atPath: copy)
    #expect(attributes[.modificationDate] as? Date == date)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(throws: SystemError(number: EEXIST, path: copy)) { try copyFile(path, to: copy) }
    #expect(try folder.read("copy") == [1, 2, 3])
  }

  @Test func `a link leads where it is told, and replaces nothing`() throws {
    let folder = try TemporaryFolder()
    let link = "\(folder.path)/link"
    try makeLink(link, to: "anywhere")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == "anywhere")
    #expect(throws: SystemError(number: EEXIST, path: link)) { try makeLink(link, to: "other") }
  }
}

@Suite struct WritingTests {
  @Test func `a file is replaced whole and keeps no other name`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write([1, 2, 3], to: "file")
    try LinuxFileSystem().replaceFile(path, with: [4], permissions: 0o600)
    #expect(try folder.read("file") == [4])
    #expect(try names(in: folder.path) == ["file"])
    #expect(try permissions(path) == 0o600)
  }

  @Test func `a file that can't take its place leaves nothing behind`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "taken/file")
    let path = "\(folder.path)/taken"
    #expect(throws: SystemError.self) { try LinuxFileSystem().replaceFile(path, with: [4]) }
    #expect(try names(in: folder.path) == ["taken"])
  }

  @Test func `a link under the temporary name isn't followed`() throws {
    let folder = try TemporaryFolder()
    let victim = try folder.write([1], to: "victim")
    let path = "\(folder.path)/file"
    try FileManager.default.createSymbolicLink(
      atPath: path + temporarySuffix, withDestinationPath: victim)
    #expect(throws: SystemError.self) { try LinuxFileSystem().replaceFile(path, with: [4]) }
    #expect(try folder.read("victim") == [1])
  }

  private func permissions(_ path: String) throws -> Int? {
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    return (attributes[.posixPermissions] as? NSNumber)?.intValue
  }
}

@Suite struct FolderTests {
  @Test func `folders are made with those above them, once or twice`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a/b/c"
    try makeFolders(path)
    try makeFolders(path)
    #expect(isFolder(path))
  }

  @Test func `a file in the way of a folder is named`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write([1], to: "file")
    #expect(throws: SystemError(number: ENOTDIR, path: file)) { try makeFolders("\(file)/b/c") }
  }

  @Test func `a folder is removed with all in it, and links are not followed`() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], to: "kept/file")
    try folder.write([1], to: "gone/a/b/file")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/gone/a/link", withDestinationPath: "\(folder.path)/kept")
    try removeAll("\(folder.path)/gone")
    try removeAll("\(folder.path)/gone")
    #expect(try names(in: folder.path) == ["kept"])
    #expect(try folder.read("kept/file") == [1])
  }
}

@Suite struct FileLockTests {
  private func isLocked(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY)
    defer { close(descriptor) }
    return flock(descriptor, LOCK_EX | LOCK_NB) != 0
  }

  @Test func `a lock is had as long as it lives`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/lock"
    do {
      let lock = try FileLock(file: path)
      let isOn = lock.isOn(path)
      #expect(isOn)
      #expect(isLocked(path))
    }
    #expect(!isLocked(path))
  }

  @Test func `the lock of a folder knows whether another has taken the name`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/draft"
    try makeFolders(path)
    let lock = try FileLock(folder: path)
    var isOn = [lock.isOn(path)]
    try LinuxFileSystem().publish(path, as: "\(folder.path)/final")
    isOn.append(lock.isOn(path))
    try makeFolders(path)
    isOn.append(lock.isOn(path))
    #expect(isOn == [true, false, false])
  }

  @Test func `a folder that is gone can't be locked`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/none"
    let lock = try FileLock(folder: path)
    let isOn = lock.isOn(path)
    #expect(!isOn)
    #expect(!isFolder(path))
  }
}

@Suite struct PathNamesTests {
  /// A slash with this behind it is one character, which is no slash.
  private static let accent = "\u{301}"

  @Test func `names are told apart at every slash, also where an accent follows it`() {
    #expect(PathNames.all(of: "/a//b/c.jpg/") == ["a", "b", "c.jpg"])
    #expect(PathNames.all(of: "") == [])
    let path = "roses/\(Self.accent)a.jpg"
    #expect(
      PathNames.all(of: path).map { Array($0.utf8) }
        == ["roses", "\(Self.accent)a.jpg"].map { Array($0.utf8) })
    #expect(PathNames.last(of: path).utf8.elementsEqual("\(Self.accent)a.jpg".utf8))
    #expect(PathNames.folder(of: path) == "roses")
    #expect(PathNames.beside(path, "b").utf8.elementsEqual("roses/b".utf8))
    #expect(PathNames.withoutEnd(path).utf8.elementsEqual(path.utf8))
    #expect(PathNames.isAbsolute("/\(Self.accent)") && PathNames.hasSeveral(path))
  }

  @Test func `the folder of a path is where the system finds it`() {
    #expect(PathNames.folder(of: "a") == nil)
    #expect(PathNames.folder(of: "/a") == "/")
    #expect(PathNames.folder(of: "a/b/") == "a/b")
    #expect(PathNames.last(of: "a/b/") == "" && PathNames.last(of: "a") == "a")
    #expect(PathNames.beside("a", "b") == "b" && PathNames.beside("/a", "b") == "/b")
    #expect(PathNames.withoutEnd("a//") == "a" && PathNames.withoutEnd("//") == "")
    #expect(!PathNames.isAbsolute("a/b") && !PathNames.hasSeveral("a"))
  }

  @Test func `a link says where it leads, and nothing else does`() throws {
    let folder = try TemporaryFolder()
    try makeLink("\(folder.path)/link", to: "../elsewhere")
    #expect(linkDestination("\(folder.path)/link") == "../elsewhere")
    #expect(linkDestination(folder.path) == nil && linkDestination("\(folder.path)/none") == nil)
    #expect(isFolder(ownFolder()))
  }

  @Test func `folders are made whose names begin with an accent`() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/\(Self.accent)a/\(Self.accent)b"
    try makeFolders(path)
    #expect(isFolder(path))
  }
}
