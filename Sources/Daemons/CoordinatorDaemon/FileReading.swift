import Files

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
    guard error.concernsMachine else { return nil }
    throw error
  }
}
