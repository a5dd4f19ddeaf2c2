import Files
import Glibc

/// Exactly these bytes of a file; nil where it isn't there, isn't a file or has fewer.
///
/// - Throws: where the machine doesn't let it be read at the moment: nothing follows about what it holds.
func readFile(
  _ path: String, offset: Int, byteCount: Int
) throws(SystemError) -> [UInt8]? {
  do throws(SystemError) {
    let bytes = try Files.readFile(path, from: offset, count: byteCount)
    return bytes.count == byteCount ? bytes : nil
  } catch {
    if let folder = missingFolder(of: path, error.number) { throw folder }
    guard error.concernsMachine else { return nil }
    throw error
  }
}

/// Of a file that isn't there: that its folder isn't either, or has nothing in it, as where a drive is no longer
/// mounted, of whose files nothing follows from that; of a link, the folder that it leads to. Nil where the
/// folder is there, or the file is missing for another reason.
///
/// - Parameter errorNumber: why it couldn't be read
func missingFolder(of path: String, _ errorNumber: Int32) -> SystemError? {
  guard errorNumber == ENOENT || errorNumber == ENOTDIR else { return nil }
  let path =
    linkDestination(path).map { PathNames.isAbsolute($0) ? $0 : PathNames.beside(path, $0) } ?? path
  let folder = PathNames.folder(of: path) ?? "."
  guard isFolder(folder) else { return SystemError(number: ENOENT, path: folder) }
  guard (try? names(in: folder).isEmpty) == true else { return nil }
  return SystemError(number: ENOENT, path: "\(folder)/*")
}
