import Glibc

/// The names in a folder, without "." and "..", sorted.
public func names(in folder: String) throws(SystemError) -> [String] {
  // The stream is closed before this returns; each entry is copied before the next is read.
  guard let stream = unsafe opendir(folder) else {
    throw SystemError(number: errno, path: folder)
  }
  defer { unsafe closedir(stream) }
  var names: [String] = []
  while let entry = unsafe readdir(stream) {
    let name = unsafe withUnsafeBytes(of: entry.pointee.d_name) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
    if name != "." && name != ".." { names.append(name) }
  }
  return names.sorted()
}

/// Whether there is a folder, or a link to one, at a path.
public func isFolder(_ path: String) -> Bool {
  guard !path.utf8.contains(0) else { return false }
  var status = stat()
  return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Of a file; nil where there is none.
public func byteCount(ofFile path: String) -> Int? {
  var status = stat()
  guard unsafe stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
  return Int(status.st_size)
}

/// Makes a folder and those above it that are missing, with these permissions less what the process's
/// umask forbids.
public func makeFolders(_ path: String, permissions: UInt32 = 0o777) throws(SystemError) {
  var made = ""
  for name in PathNames.all(of: path) {
    made += made.isEmpty && !PathNames.isAbsolute(path) ? "\(name)" : "/\(name)"
    guard unsafe mkdir(made, permissions) != 0 else { continue }
    let number = errno
    // Something that is no folder may have its name.
    if !isFolder(made) {
      throw SystemError(number: number == EEXIST ? ENOTDIR : number, path: made)
    }
  }
}

/// Makes a symbolic link. What has its name already is EEXIST.
public func makeLink(_ path: String, to destination: String) throws(SystemError) {
  guard unsafe symlink(destination, path) == 0 else { throw .last(path) }
}

/// Where a symbolic link leads, one step and as it says; nil for what is none.
public func linkDestination(_ path: String) -> String? {
  // Linux limits a path to 4,096 bytes.
  var characters = [CChar](repeating: 0, count: Int(PATH_MAX))
  // Writes at most the array's own length, without a final 0.
  let count = unsafe readlink(path, &characters, characters.count)
  guard count > 0 else { return nil }
  return String(
    decoding: characters.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// The folder of this process's executable.
public func ownFolder() -> String {
  linkDestination("/proc/self/exe").flatMap(PathNames.folder) ?? "."
}

/// Copies a file with its permissions and the time of its last change. What has the new name already is
/// EEXIST; a copy that fails leaves nothing.
public func copyFile(_ path: String, to newPath: String) throws(SystemError) {
  let bytes = try readFile(path)
  var status = stat()
  guard unsafe stat(path, &status) == 0 else { throw .last(path) }
  let times = [status.st_atim, status.st_mtim]
  let files = LinuxFileSystem()
  let descriptor = try files.open(
    newPath, flags: O_WRONLY | O_CREAT | O_EXCL, permissions: status.st_mode & 0o777)
  do throws(SystemError) {
    do throws(SystemError) {
      try files.writeAll(bytes, to: descriptor, path: newPath)
      // A file system without such times has the copy all the same.
      _ = unsafe futimens(descriptor, times)
    } catch {
      try? files.close(descriptor, path: newPath)
      throw error
    }
    try files.close(descriptor, path: newPath)
  } catch {
    try? files.remove(newPath)
    throw error
  }
}

/// Removes a file or a folder with all that is in it; links are removed, not followed. What isn't
/// there needs no removing.
public func removeAll(_ path: String) throws(SystemError) {
  var status = stat()
  guard unsafe lstat(path, &status) == 0 else {
    if errno == ENOENT { return }
    throw .last(path)
  }
  guard status.st_mode & S_IFMT == S_IFDIR else {
    guard unsafe unlink(path) == 0 else { throw .last(path) }
    return
  }
  for name in try names(in: path) { try removeAll("\(path)/\(name)") }
  guard unsafe rmdir(path) == 0 else { throw .last(path) }
}
