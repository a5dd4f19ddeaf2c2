import Files
import Glibc
import RunFiles

/// An event file that grows. What is in it is there as soon as it was appended, for programs that read it
/// meanwhile; a power failure may cost the end of it.
final class EventFile {
  private let path: String
  private let descriptor: Int32
  private let fileSystem: any FileSystem

  /// The beginning of the names by which TensorBoard knows such files.
  static let prefix = "events.out.tfevents."

  /// A new file in a folder. TensorBoard reads the files of a folder in the order of their names, so they
  /// begin with the time.
  init(in folder: String, at time: Timestamp, _ fileSystem: any FileSystem) throws(SystemError) {
    self.fileSystem = fileSystem
    let seconds = String(time.millisecondsSince1970 / 1000)
    let name =
      EventFile.prefix + String(repeating: "0", count: max(0, 10 - seconds.count)) + seconds + ".tl"
    var number = 0
    while true {
      let path = "\(folder)/\(name).\(getpid()).\(number)"
      do throws(SystemError) {
        descriptor = try fileSystem.open(
          path, flags: O_WRONLY | O_CREAT | O_EXCL | O_APPEND, permissions: ordinaryPermissions)
        self.path = path
        break
      } catch {
        guard error.number == EEXIST else { throw error }
        number += 1
      }
    }
    try append([Event(time: time, step: 0, content: .version)])
  }

  deinit { try? fileSystem.close(descriptor, path: path) }

  /// Whether it is still where it was made: what is written to a file that was removed nobody ever reads.
  var isInPlace: Bool {
    var (own, there) = (stat(), stat())
    // Both calls fill what they are given; the path is a C string for the length of the call.
    return unsafe fstat(descriptor, &own) == 0 && stat(path, &there) == 0
      && own.st_ino == there.st_ino && own.st_dev == there.st_dev
  }

  func append(_ events: [Event]) throws(SystemError) {
    try fileSystem.writeAll(events.flatMap(\.record), to: descriptor, path: path)
  }
}
