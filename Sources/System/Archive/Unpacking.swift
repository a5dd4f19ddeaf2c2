import CArchive
import Files
import Glibc

/// Unpacks archives from elsewhere into a folder of their own.
public enum Unpacking {
  /// Unpacks an archive into a folder that exists and is empty. Where it throws, what was written so
  /// far is left there.
  ///
  /// Files are readable to whom the user's umask allows, whatever the archive says, and links are
  /// never made nor followed: each folder is opened from the one above it.
  ///
  /// - Parameter progress: told how many bytes of files have been written.
  public static func unpack(
    _ archive: String, into folder: String, limits: UnpackingRules.Limits,
    progress: (_ byteCount: Int) -> Void = { _ in }
  ) throws(ArchiveError) {
    var reader = try ArchiveReader(path: archive)
    let root = try Directory(opening: folder)
    var rules = UnpackingRules(limits)
    var buffer = [UInt8](repeating: 0, count: 1 << 17)
    var total = 0
    while let entry = try reader.next() {
      guard let place = try rules.admit(entry) else { continue }
      if place.isFolder {
        _ = try root.descend(place.names[...])
        continue
      }
      let parent = try root.descend(place.names.dropLast())
      let file = try NewFile(place.names[place.names.count - 1], in: parent, path: place.path)
      while true {
        let count = try reader.read(into: &buffer)
        guard count > 0 else { break }
        try rules.take(byteCount: count)
        try file.write(buffer[..<count])
        total += count
        progress(total)
      }
    }
    try root.synchronizeFileSystem()
  }
}

private func failure(_ path: String) -> ArchiveError {
  let error = SystemError.last(path)
  return ArchiveError(.unwritable, "can't write \(error)", errorNumber: error.number)
}

/// A folder that is held open, so that nobody can put another in its place.
private struct Directory: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(opening path: String) throws(ArchiveError) {
    descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    self.path = path
    guard descriptor >= 0 else { throw failure(path) }
  }

  private init(_ descriptor: Int32, _ path: String) throws(ArchiveError) {
    self.descriptor = descriptor
    self.path = path
    guard descriptor >= 0 else { throw failure(path) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The folder of these names below this one, made where it is missing.
  borrowing func descend(_ names: ArraySlice<String>) throws(ArchiveError) -> Directory {
    guard let name = names.first else {
      return try Directory(fcntl(descriptor, F_DUPFD_CLOEXEC, 0), path)
    }
    let path = "\(path)/\(name)"
    if unsafe mkdirat(descriptor, name, 0o777) != 0, errno != EEXIST { throw failure(path) }
    let opened = unsafe openat(
      descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    return try Directory(opened, path).descend(names.dropFirst())
  }

  /// A new file in it, open for writing; -1 on failure.
  borrowing func create(_ name: String) -> Int32 {
    unsafe openat(descriptor, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666)
  }

  /// Everything that was written is on the disk then: one call for thousands of files.
  borrowing func synchronizeFileSystem() throws(ArchiveError) {
    guard tl_synchronize_file_system(descriptor) == 0 else { throw failure(path) }
  }
}

/// A file that didn't exist before.
private struct NewFile: ~Copyable {
  private let descriptor: Int32
  private let path: String

  init(_ name: String, in folder: borrowing Directory, path: String) throws(ArchiveError) {
    descriptor = folder.create(name)
    self.path = path
    guard descriptor >= 0 else {
      // The folder was empty: the archive has the name twice.
      if errno == EEXIST { throw ArchiveError(.refused, "'\(path)' is twice in it") }
      throw failure(path)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  borrowing func write(_ bytes: ArraySlice<UInt8>) throws(ArchiveError) {
    var rest = bytes
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { buffer in
        // What is left of the buffer, whose length it is given.
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw failure(path) }
      rest = rest.dropFirst(count)
    }
  }
}
